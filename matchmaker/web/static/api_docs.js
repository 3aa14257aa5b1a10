// Draws the API's document with the packaged viewer; asks this host only.
const viewer = document.getElementById("viewer");
SwaggerUIBundle({ url: viewer.dataset.document, domNode: viewer, deepLinking: false, validatorUrl: null });
