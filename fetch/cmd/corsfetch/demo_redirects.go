package main

import (
	"net/http"

	"github.com/corsengine/corsengine/fetch"
)

// redirectCases are about redirects.
func redirectCases() []demoCase {
	const (
		short = apiOrigin + "/short"
		long  = otherOrigin + "/long"
	)
	redirect := func(request, location string, lines ...string) answer {
		return answer{request, http.StatusFound, append([]string{"Location: " + location}, lines...)}
	}
	return []demoCase{
		{
			group: "Redirects",
			name:  "from another origin to a third",
			why:   "nobody vouches for such a request any more, so it says Origin: null; * allows that",
			spec:  "concept-request-tainted-origin",
			answers: []answer{
				redirect("GET "+short, long, allowApp),
				{"GET " + long, http.StatusOK, []string{plainText, allowAny}},
			},
			request: demoRequest{url: short},
			verdict: allowed,
			seen:    []string{"GET " + short + "\n" + fromApp, "GET " + long + "\nOrigin: null"},
			page:    "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name: "the same, allowed by name",
			why:  "the answer allows the origin of the page, but the request came from Origin: null",
			spec: "concept-request-tainted-origin",
			answers: []answer{
				redirect("GET "+short, long, allowApp),
				{"GET " + long, http.StatusOK, []string{plainText, allowApp}},
			},
			request: demoRequest{url: short},
			verdict: string(fetch.ReasonOriginMismatch),
			seen:    []string{"GET " + short + "\n" + fromApp, "GET " + long + "\nOrigin: null"},
		},
		{
			name:    "no permission on the redirect",
			why:     "a redirect is an answer, too, and needs its own Access-Control-Allow-Origin",
			spec:    "concept-http-fetch",
			answers: []answer{redirect("GET "+short, long)},
			request: demoRequest{url: short},
			verdict: string(fetch.ReasonMissingAllowOrigin),
			seen:    []string{"GET " + short + "\n" + fromApp},
		},
		{
			name:    "to a URL with a password",
			why:     "between origins, that is not allowed",
			spec:    "concept-http-redirect-fetch",
			answers: []answer{redirect("GET "+short, "http://tea:pot@api.example.com/long", allowApp)},
			request: demoRequest{url: short},
			verdict: string(fetch.ReasonRedirectCredentials),
			seen:    []string{"GET " + short + "\n" + fromApp},
		},
		{
			name: "307 with a body",
			why:  "statuses 307 and 308 keep the method, and the body is sent once more",
			spec: "concept-http-redirect-fetch",
			answers: []answer{
				{"POST " + short, http.StatusTemporaryRedirect, []string{allowApp, "Location: /form"}},
				{"POST " + apiOrigin + "/form", http.StatusOK, []string{plainText, allowApp}},
			},
			request: demoRequest{method: "POST", url: short, header: []string{plainText}, body: "milk"},
			verdict: allowed,
			seen: []string{
				"POST " + short + "\n" + fromApp + "\n" + plainText + "\nbody: milk",
				"POST " + apiOrigin + "/form\n" + fromApp + "\n" + plainText + "\nbody: milk",
			},
			page: "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name: "303 with a body",
			why:  "status 303 makes it a GET, without the body and its headers",
			spec: "concept-http-redirect-fetch",
			answers: []answer{
				{"POST " + short, http.StatusSeeOther, []string{allowApp, "Location: /form"}},
				{"GET " + apiOrigin + "/form", http.StatusOK, []string{plainText, allowApp}},
			},
			request: demoRequest{method: "POST", url: short, header: []string{plainText}, body: "milk"},
			verdict: allowed,
			seen: []string{
				"POST " + short + "\n" + fromApp + "\n" + plainText + "\nbody: milk",
				"GET " + apiOrigin + "/form\n" + fromApp,
			},
			page: "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name: "Authorization stays behind",
			why:  "a redirect to another origin loses the Authorization that the page set, so there is nothing left to ask for",
			spec: "concept-http-redirect-fetch",
			answers: []answer{
				redirect("GET "+appOrigin+"/go", apiOrigin+"/items"),
				{"GET " + apiOrigin + "/items", http.StatusOK, []string{plainText, allowApp}},
			},
			request: demoRequest{url: appOrigin + "/go", header: []string{"Authorization: Bearer 42"}},
			verdict: allowed,
			seen: []string{
				"GET " + appOrigin + "/go\nAuthorization: Bearer 42",
				"GET " + apiOrigin + "/items\n" + fromApp,
			},
			page: "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name:    "redirect: manual",
			why:     "the page learns that there was a redirect, and nothing else",
			spec:    "concept-filtered-response-opaque-redirect",
			answers: []answer{redirect("GET "+short, long, allowApp)},
			request: demoRequest{url: short, params: fetch.Params{Redirect: fetch.RedirectManual}},
			verdict: allowed,
			seen:    []string{"GET " + short + "\n" + fromApp},
			page:    "opaqueredirect response: neither status, headers nor body",
		},
		{
			name:    "redirect: error",
			why:     "the page did not want to be redirected",
			spec:    "concept-http-fetch",
			answers: []answer{redirect("GET "+short, long, allowApp)},
			request: demoRequest{url: short, params: fetch.Params{Redirect: fetch.RedirectError}},
			verdict: string(fetch.ReasonRedirectMode),
			seen:    []string{"GET " + short + "\n" + fromApp},
		},
	}
}
