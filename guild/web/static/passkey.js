// Makes a passkey, or signs with one, and puts what the device answered into the form.
// Nothing else on these pages is scripted; the server judges every answer.
"use strict";

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function options(given) {
  const made = { ...given, challenge: bytes(given.challenge) };
  if (given.user) made.user = { ...given.user, id: bytes(given.user.id) };
  for (const name of ["allowCredentials", "excludeCredentials"]) {
    if (given[name]) made[name] = given[name].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return made;
}

function answer(made) {
  const from = made.response;
  const response = { clientDataJSON: text(from.clientDataJSON) };
  if (from.attestationObject) {
    response.attestationObject = text(from.attestationObject);
  } else {
    response.authenticatorData = text(from.authenticatorData);
    response.signature = text(from.signature);
    response.userHandle = text(from.userHandle);
  }
  return { id: made.id, rawId: text(made.rawId), type: made.type, response };
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const said = form.querySelector("[data-said]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.hidden = true;
    button.disabled = true;
    try {
      const publicKey = options(JSON.parse(form.dataset.options));
      const made = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
      form.elements.credential.value = JSON.stringify(answer(made));
      form.submit();
    } catch (refused) {
      said.textContent = `${form.dataset.refused || "The device gave no passkey."} (${refused.name})`;
      said.hidden = false;
      button.disabled = false;
    }
  });
}
