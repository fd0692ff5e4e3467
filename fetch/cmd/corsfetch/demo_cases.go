package main

import (
	"net/http"
	"time"

	"github.com/corsengine/corsengine/fetch"
)

// The origins of the demo. The second is of the same site as the first, the
// third is not.
const (
	appOrigin   = "http://app.example.com"
	apiOrigin   = "http://api.example.com"
	otherOrigin = "http://other.example.net"
)

// Lines that occur often.
const (
	fromApp   = "Origin: " + appOrigin
	allowApp  = allowOrigin + ": " + appOrigin
	allowAny  = allowOrigin + ": *"
	allowCred = allowCredentials + ": true"
	plainText = "Content-Type: text/plain"
	jsonType  = "Content-Type: application/json"
	askPUT    = "Access-Control-Request-Method: PUT"
	askJSON   = "Access-Control-Request-Headers: content-type"
)

// demoCases returns the cases of the demo.
func demoCases() []demoCase {
	var all []demoCase
	for _, cases := range [][]demoCase{
		checkCases(), credentialsCases(), preflightCases(), redirectCases(), modeCases(), headerCases(),
		useCases(), integrityCases(), referrerCases(), bodyCases(),
	} {
		all = append(all, cases...)
	}
	return all
}

// checkCases are about the CORS check.
func checkCases() []demoCase {
	get := demoRequest{url: apiOrigin + "/items"}
	seen := []string{"GET " + apiOrigin + "/items\n" + fromApp}
	answers := func(lines ...string) []answer {
		return []answer{{"GET " + apiOrigin + "/items", http.StatusOK, lines}}
	}
	return []demoCase{
		{
			group:   "Who may read the answer?",
			name:    "same origin",
			why:     "a page may read what its own server sends, and no Origin is needed",
			spec:    "concept-main-fetch",
			answers: []answer{{"GET " + appOrigin + "/items", http.StatusOK, []string{plainText}}},
			request: demoRequest{url: appOrigin + "/items"},
			verdict: allowed,
			seen:    []string{"GET " + appOrigin + "/items"},
			page:    "basic response, status 200; headers it can read: content-length, content-type",
		},
		{
			name:    "allowed by name",
			why:     "Access-Control-Allow-Origin is the origin of the page",
			spec:    "concept-cors-check",
			answers: answers(plainText, allowApp, "Vary: Origin"),
			request: get,
			verdict: allowed,
			seen:    seen,
			page:    "cors response, status 200; headers it can read: content-length, content-type; it cannot: vary",
		},
		{
			name:    "allowed for all",
			why:     "Access-Control-Allow-Origin: * is any origin, as long as no cookies are involved",
			spec:    "concept-cors-check",
			answers: answers(plainText, allowAny),
			request: get,
			verdict: allowed,
			seen:    seen,
			page:    "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name:    "no permission",
			why:     "without Access-Control-Allow-Origin, the page may not read the answer; the server has got the request all the same",
			spec:    "concept-cors-check",
			answers: answers(plainText),
			request: get,
			verdict: string(fetch.ReasonMissingAllowOrigin),
			seen:    seen,
		},
		{
			name:    "permission for another",
			why:     "Access-Control-Allow-Origin is an origin, but not the page's",
			spec:    "concept-cors-check",
			answers: answers(plainText, allowOrigin+": "+otherOrigin),
			request: get,
			verdict: string(fetch.ReasonOriginMismatch),
			seen:    seen,
		},
		{
			name:    "two permissions",
			why:     "there may be one Access-Control-Allow-Origin only, even if each of two is right",
			spec:    "concept-cors-check",
			answers: answers(plainText, allowApp, allowApp),
			request: get,
			verdict: string(fetch.ReasonMultipleAllowOrigin),
			seen:    seen,
		},
	}
}

// credentialsCases are about cookies.
func credentialsCases() []demoCase {
	get := demoRequest{url: apiOrigin + "/me", params: fetch.Params{Credentials: fetch.CredentialsInclude}}
	without := "GET " + apiOrigin + "/me\n" + fromApp
	with := without + "\nCookie: session=7"
	answers := func(lines ...string) []answer {
		return []answer{{"GET " + apiOrigin + "/me", http.StatusOK, lines}}
	}
	return []demoCase{
		{
			group:   "Cookies",
			name:    "by default",
			why:     "credentials: same-origin sends no cookies to another origin, even of the same site",
			spec:    "concept-request-credentials-mode",
			answers: answers(plainText, allowApp),
			request: demoRequest{url: apiOrigin + "/me"},
			verdict: allowed,
			seen:    []string{without},
			page:    "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name:    "included and allowed",
			why:     "credentials: include sends them, and Access-Control-Allow-Credentials: true allows the page to read the answer",
			spec:    "cors-protocol-and-credentials",
			answers: answers(plainText, allowApp, allowCred),
			request: get,
			verdict: allowed,
			seen:    []string{with},
			page:    "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name:    "included, not allowed",
			why:     "there is no Access-Control-Allow-Credentials: true",
			spec:    "cors-protocol-and-credentials",
			answers: answers(plainText, allowApp),
			request: get,
			verdict: string(fetch.ReasonCredentials),
			seen:    []string{with},
		},
		{
			name:    "included, allowed in capitals",
			why:     "Access-Control-Allow-Credentials has to be exactly true, not True",
			spec:    "concept-cors-check",
			answers: answers(plainText, allowApp, allowCredentials+": True"),
			request: get,
			verdict: string(fetch.ReasonCredentials),
			seen:    []string{with},
		},
		{
			name:    "included, allowed for all",
			why:     "with cookies, * is no wildcard: Access-Control-Allow-Origin has to name the origin",
			spec:    "cors-protocol-and-credentials",
			answers: answers(plainText, allowAny, allowCred),
			request: get,
			verdict: string(fetch.ReasonWildcardCredentials),
			seen:    []string{with},
		},
		{
			name:    "omitted",
			why:     "credentials: omit sends none, whatever the origin",
			spec:    "concept-request-credentials-mode",
			answers: answers(plainText, allowAny),
			request: demoRequest{url: apiOrigin + "/me", params: fetch.Params{Credentials: fetch.CredentialsOmit}},
			verdict: allowed,
			seen:    []string{without},
			page:    "cors response, status 200; headers it can read: content-length, content-type",
		},
	}
}

// preflightCases are about asking first.
func preflightCases() []demoCase {
	const (
		item    = apiOrigin + "/items/7"
		tea     = `{"name":"tea"}`
		putTea  = "PUT " + item + "\n" + fromApp + "\n" + jsonType + "\nbody: " + tea
		options = "OPTIONS " + item + "\n" + fromApp + "\n"
		bearer  = "Authorization: Bearer 42"
	)
	put := demoRequest{method: "PUT", url: item, header: []string{jsonType}, body: tea}
	putAnswers := []answer{
		{"OPTIONS " + item, http.StatusNoContent, []string{
			allowApp, allowMethods + ": PUT", allowHeaders + ": Content-Type", "Access-Control-Max-Age: 600",
		}},
		{"PUT " + item, http.StatusNoContent, []string{allowApp}},
	}
	return []demoCase{
		{
			group:   "Asking first: preflights",
			name:    "PUT of JSON",
			why:     "the browser asks with OPTIONS whether PUT and this Content-Type are allowed, and only then sends the request",
			spec:    "cors-preflight-fetch",
			answers: putAnswers,
			request: put,
			verdict: allowed,
			seen:    []string{options + askPUT + "\n" + askJSON, putTea},
			page:    "cors response, status 204; headers it can read: none",
		},
		{
			name:    "the same again",
			why:     "Access-Control-Max-Age: 600 says that the permission holds for ten minutes, so there is no OPTIONS",
			spec:    "concept-cache",
			answers: putAnswers,
			request: put,
			later:   599 * time.Second,
			again:   true,
			verdict: allowed,
			seen:    []string{putTea},
			page:    "cors response, status 204; headers it can read: none",
		},
		{
			name:    "the same, too late",
			why:     "the ten minutes are over: the browser asks again",
			spec:    "concept-cache",
			answers: putAnswers,
			request: put,
			later:   time.Second,
			again:   true,
			verdict: allowed,
			seen:    []string{options + askPUT + "\n" + askJSON, putTea},
			page:    "cors response, status 204; headers it can read: none",
		},
		{
			name:    "one header more",
			why:     "x-trace is not in Access-Control-Allow-Headers, so PUT is never sent",
			spec:    "cors-preflight-fetch",
			answers: putAnswers,
			request: demoRequest{method: "PUT", url: item, header: []string{jsonType, "X-Trace: 1"}, body: tea},
			again:   true,
			verdict: string(fetch.ReasonHeaderNotAllowed),
			seen:    []string{options + askPUT + "\n" + askJSON + ",x-trace"},
		},
		{
			name: "a method that is not allowed",
			why:  "DELETE is not in Access-Control-Allow-Methods, so it is never sent",
			spec: "cors-preflight-fetch",
			answers: []answer{{"OPTIONS " + item, http.StatusNoContent, []string{
				allowApp, allowMethods + ": GET, PUT",
			}}},
			request: demoRequest{method: "delete", url: item},
			verdict: string(fetch.ReasonMethodNotAllowed),
			seen:    []string{options + "Access-Control-Request-Method: DELETE"},
		},
		{
			name: "patch is not PATCH",
			why:  "browsers do not put patch into capitals, and methods are compared letter by letter",
			spec: "concept-method-normalize",
			answers: []answer{{"OPTIONS " + item, http.StatusNoContent, []string{
				allowApp, allowMethods + ": PATCH",
			}}},
			request: demoRequest{method: "patch", url: item},
			verdict: string(fetch.ReasonMethodNotAllowed),
			seen:    []string{options + "Access-Control-Request-Method: patch"},
		},
		{
			name: "OPTIONS is redirected",
			why:  "permission needs a status from 200 to 299; a redirect is none, and is not followed",
			spec: "cors-preflight-fetch",
			answers: []answer{{"OPTIONS " + item, http.StatusFound, []string{
				allowApp, allowMethods + ": PUT", allowHeaders + ": Content-Type", "Location: /login",
			}}},
			request: put,
			verdict: string(fetch.ReasonPreflightStatus),
			seen:    []string{options + askPUT + "\n" + askJSON},
		},
		{
			name: "Authorization, all headers allowed",
			why:  "* in Access-Control-Allow-Headers is any header but Authorization, which has to be listed",
			spec: "cors-non-wildcard-request-header-name",
			answers: []answer{{"OPTIONS " + item, http.StatusNoContent, []string{
				allowApp, allowHeaders + ": *",
			}}},
			request: demoRequest{url: item, header: []string{bearer}},
			verdict: string(fetch.ReasonAuthorization),
			seen: []string{
				options + "Access-Control-Request-Method: GET\nAccess-Control-Request-Headers: authorization",
			},
		},
		{
			name: "Authorization, listed",
			why:  "the header is listed by name; it counts as the page's own, not as a credential",
			spec: "cors-non-wildcard-request-header-name",
			answers: []answer{
				{"OPTIONS " + item, http.StatusNoContent, []string{allowApp, allowHeaders + ": *, Authorization"}},
				{"GET " + item, http.StatusOK, []string{jsonType, allowApp}},
			},
			request: demoRequest{url: item, header: []string{bearer}},
			verdict: allowed,
			seen: []string{
				options + "Access-Control-Request-Method: GET\nAccess-Control-Request-Headers: authorization",
				"GET " + item + "\n" + fromApp + "\n" + bearer,
			},
			page: "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name: "cookies and a preflight",
			why:  "the preflight carries no cookies, but has to allow them",
			spec: "cors-protocol-and-credentials",
			answers: []answer{
				{"OPTIONS " + item, http.StatusNoContent, []string{allowApp, allowCred, allowMethods + ": PUT"}},
				{"PUT " + item, http.StatusNoContent, []string{allowApp, allowCred}},
			},
			request: demoRequest{method: "put", url: item, params: fetch.Params{Credentials: fetch.CredentialsInclude}},
			verdict: allowed,
			seen: []string{
				options + askPUT,
				"PUT " + item + "\n" + fromApp + "\nCookie: session=7",
			},
			page: "cors response, status 204; headers it can read: none",
		},
	}
}

// modeCases are about the modes other than cors, and what is never fetched.
func modeCases() []demoCase {
	const pixel = otherOrigin + "/pixel"
	return []demoCase{
		{
			group:   "Modes",
			name:    "no-cors",
			why:     "no permission is needed, but the answer is opaque; headers that would need a preflight are left out",
			spec:    "concept-filtered-response-opaque",
			answers: []answer{{"POST " + pixel, http.StatusOK, []string{plainText, "X-Team: blue"}}},
			request: demoRequest{
				method: "POST", url: pixel, header: []string{"X-Team: red", plainText}, body: "seen",
				params: fetch.Params{Mode: fetch.ModeNoCORS},
			},
			verdict: allowed,
			seen:    []string{"POST " + pixel + "\n" + fromApp + "\n" + plainText + "\nbody: seen"},
			page:    "opaque response: neither status, headers nor body",
		},
		{
			name:    "no-cors with PUT",
			why:     "a method that would need a preflight is not left out but refused",
			spec:    "dom-request",
			request: demoRequest{method: "PUT", url: pixel, params: fetch.Params{Mode: fetch.ModeNoCORS}},
			verdict: string(fetch.ReasonInvalidRequest),
		},
		{
			name:    "same-origin, another origin",
			why:     "URLs of other origins are refused before anything is sent",
			spec:    "concept-main-fetch",
			request: demoRequest{url: apiOrigin + "/items", params: fetch.Params{Mode: fetch.ModeSameOrigin}},
			verdict: string(fetch.ReasonSameOriginMode),
		},
		{
			name:    "same-origin, redirected away",
			why:     "a redirect does not lead out of the origin either",
			spec:    "concept-main-fetch",
			answers: []answer{{"GET " + appOrigin + "/go", http.StatusFound, []string{"Location: " + apiOrigin + "/items"}}},
			request: demoRequest{url: appOrigin + "/go", params: fetch.Params{Mode: fetch.ModeSameOrigin}},
			verdict: string(fetch.ReasonSameOriginMode),
			seen:    []string{"GET " + appOrigin + "/go"},
		},
		{
			name:    "the port of another protocol",
			why:     "port 25 is for mail, and a browser must not talk to it",
			spec:    "port-blocking",
			request: demoRequest{url: apiOrigin + ":25/"},
			verdict: string(fetch.ReasonBadPort),
		},
	}
}

// headerCases are about which headers get through.
func headerCases() []demoCase {
	const items = apiOrigin + "/items"
	seen := []string{"GET " + items + "\n" + fromApp}
	return []demoCase{
		{
			group: "Headers",
			name:  "withheld",
			why:   "of an answer from another origin, a page reads the simplest headers only",
			spec:  "cors-safelisted-response-header-name",
			answers: []answer{{"GET " + items, http.StatusOK, []string{
				plainText, allowApp, "X-Team: blue", "ETag: 7",
			}}},
			request: demoRequest{url: items},
			verdict: allowed,
			seen:    seen,
			page:    "cors response, status 200; headers it can read: content-length, content-type; it cannot: etag, x-team",
		},
		{
			name: "exposed",
			why:  "Access-Control-Expose-Headers adds to them, but never Set-Cookie",
			spec: "http-access-control-expose-headers",
			answers: []answer{{"GET " + items, http.StatusOK, []string{
				plainText, allowApp, "Access-Control-Expose-Headers: X-Team, Set-Cookie",
				"X-Team: blue", "ETag: 7", "Set-Cookie: taste=sweet",
			}}},
			request: demoRequest{url: items},
			verdict: allowed,
			seen:    seen,
			page:    "cors response, status 200; headers it can read: content-length, content-type, x-team; it cannot: etag, set-cookie",
		},
		{
			name: "exposed, with cookies",
			why:  "with credentials: include, * in Access-Control-Expose-Headers is no wildcard",
			spec: "concept-response-cors-exposed-header-name-list",
			answers: []answer{{"GET " + items, http.StatusOK, []string{
				plainText, allowApp, allowCred, "Access-Control-Expose-Headers: *", "X-Team: blue",
			}}},
			request: demoRequest{url: items, params: fetch.Params{Credentials: fetch.CredentialsInclude}},
			verdict: allowed,
			seen:    []string{seen[0] + "\nCookie: session=7"},
			page:    "cors response, status 200; headers it can read: content-length, content-type; it cannot: x-team",
		},
		{
			name: "forbidden to pages",
			why:  "Origin and Cookie belong to the browser; what a page sets there is left out",
			spec: "forbidden-request-header",
			answers: []answer{{"GET " + items, http.StatusOK, []string{
				plainText, allowApp,
			}}},
			request: demoRequest{url: items, header: []string{"Origin: " + apiOrigin, "Cookie: session=8"}},
			verdict: allowed,
			seen:    seen,
			page:    "cors response, status 200; headers it can read: content-length, content-type",
		},
		{
			name:    "Set-Cookie, same origin",
			why:     "not even a page's own server can show it Set-Cookie",
			spec:    "forbidden-response-header-name",
			answers: []answer{{"GET " + appOrigin + "/login", http.StatusOK, []string{plainText, "Set-Cookie: session=9", "ETag: 7"}}},
			request: demoRequest{url: appOrigin + "/login"},
			verdict: allowed,
			seen:    []string{"GET " + appOrigin + "/login"},
			page:    "basic response, status 200; headers it can read: content-length, content-type, etag; it cannot: set-cookie",
		},
		{
			name:    "and yet it works",
			why:     "the browser kept the cookie, and sends it",
			spec:    "concept-http-network-fetch",
			answers: []answer{{"GET " + appOrigin + "/me", http.StatusOK, []string{plainText}}},
			request: demoRequest{url: appOrigin + "/me"},
			again:   true,
			verdict: allowed,
			seen:    []string{"GET " + appOrigin + "/me\nCookie: session=9"},
			page:    "basic response, status 200; headers it can read: content-length, content-type",
		},
	}
}
