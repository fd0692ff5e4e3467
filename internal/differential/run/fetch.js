// One fetch, as the call in browser.go describes it; what the page sees of it.
async ({url, init, headers, body, text}) => {
  const bytes = new TextEncoder().encode(text);
  switch (body) {
    case "string": init.body = text; break;
    case "bytes": init.body = bytes; break;
    case "form": init.body = new URLSearchParams(text); break;
  }
  init.headers = (headers ?? []).map(h => [h.Name, h.Value]);
  let response;
  try {
    response = await fetch(url, init);
  } catch (e) {
    return {failed: e.name};
  }
  const seen = {
    type: response.type,
    status: response.status,
    statusText: response.statusText,
    url: response.url,
    redirected: response.redirected,
    header: Object.fromEntries(response.headers),
  };
  try {
    seen.body = await response.text();
  } catch (e) {
    seen.bodyFailed = true;
  }
  return seen;
}
