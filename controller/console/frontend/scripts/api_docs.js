// Starts Swagger UI on the controller's own OpenAPI document.
window.addEventListener("load", () => {
  const place = document.querySelector("#swagger");
  window.SwaggerUIBundle({ url: place.dataset.openapi, domNode: place, deepLinking: true, validatorUrl: null });
});
