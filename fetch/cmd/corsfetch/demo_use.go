package main

import (
	"net/http"

	"github.com/corsengine/corsengine/fetch"
)

// Lines that occur often here.
const (
	javaScript = "Content-Type: text/javascript"
	pngImage   = "Content-Type: image/png"
	nosniff    = "X-Content-Type-Options: nosniff"

	opaqueView = "opaque response: neither status, headers nor body"
)

// embed returns the request of an element without crossorigin.
func embed(destination fetch.Destination, url string) demoRequest {
	return demoRequest{url: url, params: fetch.Params{
		Mode:        fetch.ModeNoCORS,
		Credentials: fetch.CredentialsInclude,
		Destination: destination,
	}}
}

// useCases are about what a page may use without reading it.
func useCases() []demoCase {
	const (
		pixel  = otherOrigin + "/pixel"
		near   = apiOrigin + "/pixel"
		script = otherOrigin + "/tea.js"
		sheet  = otherOrigin + "/tea.css"
	)
	image := func(url string, lines ...string) []answer {
		return []answer{{"GET " + url, http.StatusOK, append([]string{pngImage}, lines...)}}
	}
	strict := embed("image", pixel)
	strict.embedder = "require-corp"
	return []demoCase{
		{
			group:   "Images, scripts and styles: use without reading",
			name:    "an image",
			why:     "pages may show images from everywhere, without asking; what they cannot do is read them",
			spec:    "concept-filtered-response-opaque",
			answers: image(pixel),
			request: embed("image", pixel),
			verdict: allowed,
			seen:    []string{"GET " + pixel},
			page:    opaqueView,
		},
		{
			name:    "an image that keeps to its origin",
			why:     "Cross-Origin-Resource-Policy: same-origin keeps it from pages of other origins",
			spec:    "cross-origin-resource-policy-header",
			answers: image(pixel, "Cross-Origin-Resource-Policy: same-origin"),
			request: embed("image", pixel),
			verdict: string(fetch.ReasonCORP),
			seen:    []string{"GET " + pixel},
		},
		{
			name:    "an image that keeps to its site",
			why:     "api.example.com is of the same site as app.example.com, so same-site is no obstacle; an image brings cookies along",
			spec:    "cross-origin-resource-policy-header",
			answers: image(near, "Cross-Origin-Resource-Policy: same-site"),
			request: embed("image", near),
			verdict: allowed,
			seen:    []string{"GET " + near + "\nCookie: session=7"},
			page:    opaqueView,
		},
		{
			name:    "a page that takes nothing without consent",
			why:     "with require-corp, what does not mention the policy counts as same-origin",
			spec:    "cross-origin-resource-policy-header",
			answers: image(pixel),
			request: strict,
			verdict: string(fetch.ReasonCORP),
			seen:    []string{"GET " + pixel},
		},
		{
			name:    "the same, with consent",
			why:     "Cross-Origin-Resource-Policy: cross-origin is for everybody",
			spec:    "cross-origin-resource-policy-header",
			answers: image(pixel, "Cross-Origin-Resource-Policy: cross-origin"),
			request: strict,
			verdict: allowed,
			seen:    []string{"GET " + pixel},
			page:    opaqueView,
		},
		{
			name:    "a script that says it is plain text",
			why:     "browsers do not take the type of a script seriously",
			spec:    "should-response-to-request-be-blocked-due-to-mime-type?",
			answers: []answer{{"GET " + script, http.StatusOK, []string{plainText}}},
			request: embed("script", script),
			verdict: allowed,
			seen:    []string{"GET " + script},
			page:    opaqueView,
		},
		{
			name:    "the same with nosniff",
			why:     "X-Content-Type-Options: nosniff makes them",
			spec:    "x-content-type-options-header",
			answers: []answer{{"GET " + script, http.StatusOK, []string{plainText, nosniff}}},
			request: embed("script", script),
			verdict: string(fetch.ReasonNosniff),
			seen:    []string{"GET " + script},
		},
		{
			name:    "a script that says it is an image",
			why:     "images, audio, video and text/csv are never scripts, with or without nosniff",
			spec:    "should-response-to-request-be-blocked-due-to-mime-type?",
			answers: []answer{{"GET " + script, http.StatusOK, []string{pngImage}}},
			request: embed("script", script),
			verdict: string(fetch.ReasonMIMEType),
			seen:    []string{"GET " + script},
		},
		{
			name:    "a style sheet with nosniff",
			why:     "text/css is what a style sheet has to be",
			spec:    "x-content-type-options-header",
			answers: []answer{{"GET " + sheet, http.StatusOK, []string{"Content-Type: text/css", nosniff}}},
			request: embed("style", sheet),
			verdict: allowed,
			seen:    []string{"GET " + sheet},
			page:    opaqueView,
		},
	}
}

// integrityCases are about bodies whose digest the page knows.
func integrityCases() []demoCase {
	const (
		script = otherOrigin + "/tea.js"
		digest = "sha256-09dhta4JP6SFyStovs6+jxLA+YxEpDsC7BBd2wkM+M8=" // of tea()
	)
	request := demoRequest{url: script, params: fetch.Params{Destination: "script", Integrity: digest}}
	opaque := embed("script", script)
	opaque.params.Integrity = digest
	answers := func(body string) []answer {
		return []answer{{"GET " + script, http.StatusOK, []string{javaScript, allowAny, bodyLine + body}}}
	}
	return []demoCase{
		{
			group:   "Integrity",
			name:    "a script as it should be",
			why:     "the body has the digest that the page wants",
			spec:    "concept-request-integrity-metadata",
			answers: answers("tea()"),
			request: request,
			verdict: allowed,
			seen:    []string{"GET " + script + "\n" + fromApp},
			page:    "cors response, status 200; headers it can read: content-length, content-type; body: tea()",
		},
		{
			name:    "a script that somebody has changed",
			why:     "the body has another digest, so the page gets nothing of it",
			spec:    "concept-request-integrity-metadata",
			answers: answers("milk()"),
			request: request,
			verdict: string(fetch.ReasonIntegrity),
			seen:    []string{"GET " + script + "\n" + fromApp},
		},
		{
			name:    "a script that the page may not read",
			why:     "a digest is information about the body, so there has to be crossorigin in the HTML, and permission",
			spec:    "concept-main-fetch",
			answers: answers("tea()"),
			request: opaque,
			verdict: string(fetch.ReasonIntegrity),
			seen:    []string{"GET " + script},
		},
	}
}

// referrerCases are about what servers learn of the page.
func referrerCases() []demoCase {
	const (
		cart  = appOrigin + "/cart?id=7"
		items = apiOrigin + "/items"
		long  = otherOrigin + "/long"
		whole = "\nReferer: " + cart
		part  = "\nReferer: " + appOrigin + "/"
	)
	ok := []string{plainText, allowAny}
	answers := []answer{{"GET " + items, http.StatusOK, ok}}
	page := "cors response, status 200; headers it can read: content-length, content-type"
	with := func(policy fetch.ReferrerPolicy) demoRequest {
		return demoRequest{page: cart, url: items, params: fetch.Params{ReferrerPolicy: policy}}
	}
	return []demoCase{
		{
			group:   "Where requests come from: Referer",
			name:    "to its own server",
			why:     "it learns the whole URL of the page",
			spec:    "concept-request-referrer",
			answers: []answer{{"GET " + appOrigin + "/items", http.StatusOK, []string{plainText}}},
			request: demoRequest{page: cart, url: appOrigin + "/items"},
			verdict: allowed,
			seen:    []string{"GET " + appOrigin + "/items" + whole},
			page:    "basic response, status 200; headers it can read: content-length, content-type",
		},
		{
			name:    "to another origin",
			why:     "by default, with the policy strict-origin-when-cross-origin, it learns the origin only",
			spec:    "concept-request-referrer-policy",
			answers: answers,
			request: with(""),
			verdict: allowed,
			seen:    []string{"GET " + items + "\n" + fromApp + part},
			page:    page,
		},
		{
			name:    "with no-referrer",
			why:     "it learns nothing from Referer; Origin, which CORS needs, is another matter",
			spec:    "concept-request-referrer-policy",
			answers: answers,
			request: with("no-referrer"),
			verdict: allowed,
			seen:    []string{"GET " + items + "\n" + fromApp},
			page:    page,
		},
		{
			name:    "with unsafe-url",
			why:     "everybody learns the whole URL, and with it that id is 7",
			spec:    "concept-request-referrer-policy",
			answers: answers,
			request: with("unsafe-url"),
			verdict: allowed,
			seen:    []string{"GET " + items + "\n" + fromApp + whole},
			page:    page,
		},
		{
			name: "a redirect with a policy",
			why:  "the Referrer-Policy of a redirect takes the place of the page's",
			spec: "http-redirect-fetch",
			answers: []answer{
				{"GET " + items, http.StatusFound, []string{"Location: " + long, allowAny, "Referrer-Policy: no-referrer"}},
				{"GET " + long, http.StatusOK, ok},
			},
			request: with("unsafe-url"),
			verdict: allowed,
			seen:    []string{"GET " + items + "\n" + fromApp + whole, "GET " + long + "\nOrigin: null"},
			page:    page,
		},
	}
}

// bodyCases are about bodies that are not what a server sends.
func bodyCases() []demoCase {
	const items = apiOrigin + "/items"
	return []demoCase{
		{
			group: "Bodies",
			name:  "a compressed one",
			why:   "the browser undoes Content-Encoding: gzip, and the page does not notice",
			spec:  "handle-content-codings",
			answers: []answer{{"GET " + items, http.StatusOK, []string{
				plainText, allowAny, "Content-Encoding: gzip", bodyLine + "tea, tea, tea",
			}}},
			request: demoRequest{url: items},
			verdict: allowed,
			seen:    []string{"GET " + items + "\n" + fromApp},
			page:    "cors response, status 200; headers it can read: content-length, content-type; it cannot: content-encoding; body: tea, tea, tea",
		},
		{
			name:    "one that is in the URL",
			why:     "a data: URL holds its type and its body, and is of the page's own origin for this purpose",
			spec:    "data-urls",
			request: demoRequest{url: "data:text/plain,tea"},
			verdict: allowed,
			page:    "basic response, status 200; headers it can read: content-type; body: tea",
		},
	}
}
