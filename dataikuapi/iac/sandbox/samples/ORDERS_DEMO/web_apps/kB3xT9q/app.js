fetch(getWebAppBackendUrl("/totals"))
  .then((response) => response.json())
  .then(draw);
