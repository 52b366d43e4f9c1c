{% include "drf_spectacular/swagger_ui.js" %}

// Signing in on this page puts the answer to use: a token pair from login, refresh or token/ becomes
// the page's bearer token, and a session's new CSRF cookie goes along with the next write.
const configs = ui.getConfigs();
const { requestInterceptor: prepare, responseInterceptor: receive } = configs;

configs.requestInterceptor = (request) => {
  const prepared = prepare(request);
  const header = Object.keys(prepared.headers).find((name) => name.toLowerCase() === "x-csrftoken");
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (header && cookie) {
    prepared.headers[header] = cookie[1];
  }
  return prepared;
};

configs.responseInterceptor = (response) => {
  const path = new URL(response.url, document.baseURI).pathname;
  if (response.ok && /^\/api\/auth\/(login|refresh|token)\/$/.test(path)) {
    ui.preauthorizeApiKey("jwtAuth", JSON.parse(response.text).access);
  }
  return receive(response);
};
