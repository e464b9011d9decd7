/* Starts Swagger UI on /docs. Requests that change something get the CSRF token of the session. */
"use strict";
const place = document.getElementById("swagger");
window.ui = SwaggerUIBundle({
  url: place.dataset.url,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  requestInterceptor: (request) => {
    if (place.dataset.csrf) request.headers["X-CSRF-Token"] = place.dataset.csrf;
    return request;
  },
});
