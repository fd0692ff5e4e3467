package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// A diagnosis says in plain words why a fetch failed and what would help.
type diagnosis struct {
	why    string
	advice *advice // nil if there is nothing to advise
}

// An advice is what has to change for a fetch to be allowed.
type advice struct {
	On     string   `json:"on"`     // "preflight", "redirect", "response", or "" if it is not the server's fault
	Status int      `json:"status"` // that the answer should have, 0 if its own will do
	Send   []string `json:"send"`   // header lines that the answer should have
	Hints  []string `json:"hints"`
}

// hint adds something to a that is worth knowing.
func (a *advice) hint(text string) { a.Hints = append(a.Hints, text) }

// newAdvice returns an advice about the answer at fault in e: that it should have
// the header lines given.
func newAdvice(e *fetch.NetworkError, send ...string) *advice {
	return &advice{On: on(e), Send: orEmpty(send), Hints: []string{}}
}

// The headers of the CORS protocol, as servers write them.
const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	allowMethods     = "Access-Control-Allow-Methods"
	allowHeaders     = "Access-Control-Allow-Headers"
)

// diagnose explains e. It reports false for a reason that it does not know.
func (r *report) diagnose(e *fetch.NetworkError) (d diagnosis, known bool) {
	if r.malformedData(e) {
		return r.page(fmt.Sprintf("The URL is malformed: %v.", e.Err), "It has to look like data:text/plain,tea or data:text/plain;base64,dGVh."), true
	}
	switch e.Reason {
	case fetch.ReasonTransport:
		return r.transport(e), true
	case fetch.ReasonAborted:
		return r.aborted(e), true
	case fetch.ReasonInvalidRequest:
		return r.invalidRequest(e), true
	case fetch.ReasonNoEnvironment, fetch.ReasonCheckRequest:
		// They concern programs that use the engine; this one has a page, and no
		// rules of its own.
		return diagnosis{}, true
	case fetch.ReasonBadPort:
		return r.badPort(e), true
	case fetch.ReasonSameOriginMode:
		return r.sameOriginMode(e), true
	case fetch.ReasonNoCORSRedirectMode:
		return r.noCORSRedirectMode(e), true
	case fetch.ReasonNotHTTP:
		return r.notHTTP(e), true
	case fetch.ReasonMissingAllowOrigin:
		return r.missingAllowOrigin(e), true
	case fetch.ReasonMultipleAllowOrigin:
		return r.multipleAllowOrigin(e), true
	case fetch.ReasonWildcardCredentials:
		return r.wildcardCredentials(e), true
	case fetch.ReasonOriginMismatch:
		return r.originMismatch(e), true
	case fetch.ReasonCredentials:
		return r.credentials(e), true
	case fetch.ReasonPreflightStatus:
		return r.preflightStatus(e), true
	case fetch.ReasonPreflightMalformed:
		return r.preflightMalformed(e), true
	case fetch.ReasonMethodNotAllowed:
		return r.methodNotAllowed(e), true
	case fetch.ReasonHeaderNotAllowed:
		return r.headerNotAllowed(e), true
	case fetch.ReasonAuthorization:
		return r.authorization(e), true
	case fetch.ReasonRedirectMode:
		return r.redirectMode(e), true
	case fetch.ReasonRedirectLocation:
		return r.redirectLocation(e), true
	case fetch.ReasonRedirectCount:
		return r.redirectCount(e), true
	case fetch.ReasonRedirectCredentials:
		return r.redirectCredentials(e), true
	case fetch.ReasonRedirectBody:
		return r.redirectBody(e), true
	case fetch.ReasonCORP:
		return r.corp(e), true
	case fetch.ReasonNosniff:
		return r.nosniff(e), true
	case fetch.ReasonMIMEType:
		return r.mimeType(e), true
	case fetch.ReasonRangeNotRequested:
		return r.rangeNotRequested(e), true
	case fetch.ReasonIntegrity:
		return r.integrity(e), true
	case fetch.ReasonNotCached:
		return r.notCached(e), true
	case fetch.ReasonKeepalive:
		return r.keepalive(e), true
	}
	return diagnosis{why: e.Error()}, false
}

func (r *report) transport(e *fetch.NetworkError) diagnosis {
	return diagnosis{why: fmt.Sprintf("There is no complete answer: %v. No rule of the browser was involved.", e.Err)}
}

func (r *report) aborted(e *fetch.NetworkError) diagnosis {
	if e.Timeout() {
		return diagnosis{why: fmt.Sprintf("It took longer than the %v of -timeout.", r.o.timeout)}
	}
	return diagnosis{why: "It was interrupted."}
}

func (r *report) invalidRequest(e *fetch.NetworkError) diagnosis {
	return r.page(fmt.Sprintf("A browser does not even begin: %s.", strings.TrimSpace(fmt.Sprint(e.Err, " ", e.Name))),
		"The page's call of fetch() throws a TypeError. It has to be corrected there.")
}

func (r *report) badPort(*fetch.NetworkError) diagnosis {
	return r.page("The URL's port belongs to another protocol, such as mail, which browsers must not talk to.",
		"Serve it on another port, such as 443 or 8080.")
}

func (r *report) sameOriginMode(e *fetch.NetworkError) diagnosis {
	return r.page(fmt.Sprintf("With mode same-origin, a page of %s may fetch from %s only. Nothing was sent to %s.", r.Origin, r.Origin, e.URL),
		"Use mode cors, for which the server has to consent.")
}

func (r *report) noCORSRedirectMode(*fetch.NetworkError) diagnosis {
	return r.page("With mode no-cors and a URL of another origin, a browser follows redirects; the page cannot choose otherwise.",
		"Use -redirect follow, or mode cors.")
}

func (r *report) notHTTP(e *fetch.NetworkError) diagnosis {
	if e.Status != 0 {
		return serverFault(e, "The redirect leads to a URL that is neither http: nor https:, where fetch() does not go.",
			"Location has to be an http: or https: URL.")
	}
	return r.page("The URL is neither http: nor https:.", "Begin the URL with https:// or http://.")
}

func (r *report) missingAllowOrigin(e *fetch.NetworkError) diagnosis {
	return r.originAdvice(e, fmt.Sprintf("%s has no Access-Control-Allow-Origin: the server does not say that pages of other origins may read it.", r.theAnswer(e)))
}

func (r *report) multipleAllowOrigin(e *fetch.NetworkError) diagnosis {
	return r.originAdvice(e, fmt.Sprintf("%s has more than one value for Access-Control-Allow-Origin: %q. There can be only one; two programs may each be adding theirs.", r.theAnswer(e), e.Value))
}

func (r *report) wildcardCredentials(e *fetch.NetworkError) diagnosis {
	d := r.originAdvice(e, fmt.Sprintf("%s says Access-Control-Allow-Origin: *, which stands for any origin only if no cookies are involved. The credentials mode is include, so it has to name the origin.", r.theAnswer(e)))
	d.advice.hint(noCookies)
	return d
}

func (r *report) originMismatch(e *fetch.NetworkError) diagnosis {
	return r.originAdvice(e, fmt.Sprintf("%s allows the origin %q, but the request says Origin: %s. The two have to be the same, character by character.", r.theAnswer(e), e.Value, e.Origin))
}

func (r *report) credentials(e *fetch.NetworkError) diagnosis {
	seen := "does not have it"
	if e.Value != "" {
		seen = fmt.Sprintf("has %q", e.Value)
	}
	d := r.originAdvice(e, fmt.Sprintf("The credentials mode is include, so the server has to allow that with Access-Control-Allow-Credentials: true, spelled exactly so. %s %s.", r.theAnswer(e), seen))
	d.advice.hint(noCookies)
	return d
}

const noCookies = "If the page does not need cookies, it can do without -credentials include."

func (r *report) preflightStatus(e *fetch.NetworkError) diagnosis {
	return r.originAdvice(e, fmt.Sprintf("%s has the status %d. Permission is given only with a status from 200 to 299.", r.theAnswer(e), e.Status))
}

func (r *report) preflightMalformed(e *fetch.NetworkError) diagnosis {
	return r.originAdvice(e, fmt.Sprintf("%s has %s: %q, which is not a list of names separated by commas.", r.theAnswer(e), e.Name, e.Value))
}

func (r *report) methodNotAllowed(e *fetch.NetworkError) diagnosis {
	d := r.originAdvice(e, fmt.Sprintf("%s does not allow the method %s: %s.", r.theAnswer(e), e.Name, r.seen(allowMethods)))
	for _, name := range r.listed(allowMethods) {
		switch {
		case name == "*":
			d.advice.hint("With credentials include, * is not any method, but a method that is called *.")
		case strings.EqualFold(name, e.Name):
			d.advice.hint(fmt.Sprintf("Capitals count in methods, and browsers correct only DELETE, GET, HEAD, OPTIONS, POST and PUT. Better let the page say %s.", name))
		}
	}
	return d
}

func (r *report) headerNotAllowed(e *fetch.NetworkError) diagnosis {
	d := r.originAdvice(e, fmt.Sprintf("%s does not allow the request header %s: %s.", r.theAnswer(e), e.Name, r.seen(allowHeaders)))
	if slices.Contains(r.listed(allowHeaders), "*") {
		d.advice.hint("With credentials include, * is not any header, but a header that is called *.")
	}
	return d
}

func (r *report) authorization(e *fetch.NetworkError) diagnosis {
	d := r.headerNotAllowed(e)
	d.advice.hint("Authorization has to be listed by name: * does not include it.")
	return d
}

func (r *report) redirectMode(e *fetch.NetworkError) diagnosis {
	return r.page(fmt.Sprintf("The server redirects (status %d), and the page wants redirects to be errors.", e.Status),
		"Use -redirect follow, or the URL that the redirect leads to.")
}

func (r *report) redirectLocation(e *fetch.NetworkError) diagnosis {
	return serverFault(e, fmt.Sprintf("The server redirects (status %d), but Location is not one valid URL.", e.Status),
		"Send exactly one Location, with a URL in it.")
}

func (r *report) redirectCount(e *fetch.NetworkError) diagnosis {
	return serverFault(e, "There are more than 20 redirects, where browsers give up. It may be a loop.",
		"Look at the redirects above for one that leads back.")
}

func (r *report) redirectCredentials(e *fetch.NetworkError) diagnosis {
	d := serverFault(e, "The redirect leads to a URL with a username or password in it, which is not allowed between origins.",
		"Passwords do not belong in URLs.")
	d.advice.Send = []string{"Location: " + e.Value}
	return d
}

func (r *report) redirectBody(e *fetch.NetworkError) diagnosis {
	return r.page(fmt.Sprintf("The redirect (status %d) asks for the request's body once more, and it cannot be read again.", e.Status),
		"Use the URL that the redirect leads to.")
}

// serverFault returns a diagnosis for what no header line of its own puts right.
func serverFault(e *fetch.NetworkError, why, hint string) diagnosis {
	d := diagnosis{why, newAdvice(e)}
	d.advice.hint(hint)
	return d
}

// page returns a diagnosis for what is not the server's to change.
func (r *report) page(why, hint string) diagnosis {
	return diagnosis{why, &advice{Send: []string{}, Hints: []string{hint}}}
}

// originAdvice completes the diagnosis of an answer that does not give all the
// permission that CORS requires, with all that is missing, so that nobody has to
// find out one line at a time.
func (r *report) originAdvice(e *fetch.NetworkError, why string) diagnosis {
	a := newAdvice(e)
	include := r.o.credentials == fetch.CredentialsInclude
	outcome := corscheck.Check(e.Origin, include, r.answer)
	if !outcome.OK() && e.Origin == "null" && !r.o.origin.Opaque() {
		a.hint("The request says Origin: null because another origin redirected away from itself. Best let the page ask the last URL directly.")
	}
	switch {
	case outcome.OK():
	case outcome == corscheck.CredentialsNotAllowed:
		a.Send = append(a.Send, allowCredentials+": true")
	case e.Origin != "null" && include:
		a.Send = append(a.Send, allowOrigin+": "+e.Origin, allowCredentials+": true", "Vary: Origin")
	case e.Origin != "null":
		a.Send = append(a.Send, allowOrigin+": "+e.Origin, "Vary: Origin")
		a.hint("If anybody may read it, this will do, too: " + allowOrigin + ": *")
	case include:
		a.hint("Access-Control-Allow-Origin: null would do, but every page can make itself an origin null, so that means anybody, with the user's cookies.")
		return diagnosis{why, a}
	default:
		a.Send = append(a.Send, allowOrigin+": *")
		a.hint("* is right only if anybody may read it: a request with Origin: null can be anybody's.")
	}
	if e.Preflight {
		r.completePreflight(a, e.Method, include)
		if !outcome.OK() {
			a.hint(fmt.Sprintf("The answer to the %s that follows needs the lines about origin and cookies, too.", e.Method))
		}
	}
	return diagnosis{why, a}
}

// completePreflight adds to a what the answer to a preflight lacks for granting
// the method and the header names that it was asked for.
func (r *report) completePreflight(a *advice, method string, include bool) {
	if r.status < 200 || r.status > 299 {
		a.Status = http.StatusNoContent
		statusHint(a, r.status)
	}
	methods, err := header.Values(nil, r.answer, allowMethods)
	wildcard := !include && slices.Contains(methods, "*")
	switch {
	case !corscheck.SafelistedMethod(method) && !wildcard && !slices.Contains(methods, method):
		a.Send = append(a.Send, allowMethods+": "+strings.Join(append(methods, method), ", "))
	case err != nil:
		a.hint(unneeded(allowMethods))
	}
	headers, err := header.Values(nil, r.answer, allowHeaders)
	wildcard = !include && slices.Contains(headers, "*")
	missing := slices.DeleteFunc(slices.Clone(r.failing), func(name string) bool {
		return containsFold(headers, name) || wildcard && !header.NonWildcardRequestName(name)
	})
	switch {
	case len(missing) > 0:
		a.Send = append(a.Send, allowHeaders+": "+strings.Join(append(headers, missing...), ", "))
	case err != nil:
		a.hint(unneeded(allowHeaders))
	}
}

// statusHint says where the status of a preflight's answer may come from.
func statusHint(a *advice, status int) {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		a.hint("A preflight never carries cookies or passwords: let OPTIONS through without a login.")
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		a.hint("The server seems to have no handler for OPTIONS.")
	case 301, 302, 303, 307, 308:
		a.hint("A preflight is not redirected: answer it at this URL, or let the page use the URL that the redirect leads to.")
	}
}

// unneeded is what to say of a malformed header that the request does not need.
func unneeded(name string) string {
	return fmt.Sprintf("%s is no list of names; this request does not need it, so the line can go.", name)
}

// theAnswer names the answer that e is about, at the beginning of a sentence.
func (r *report) theAnswer(e *fetch.NetworkError) string {
	switch on(e) {
	case "preflight":
		return "The answer to the preflight (OPTIONS)"
	case "redirect":
		return fmt.Sprintf("The redirect (status %d)", e.Status)
	}
	return "The answer"
}

// on names the kind of answer that e is about.
func on(e *fetch.NetworkError) string {
	switch {
	case e.Preflight:
		return "preflight"
	case isRedirect(e.Status):
		return "redirect"
	}
	return "response"
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// listed returns the names in a list header of the answer, none if it is
// malformed.
func (r *report) listed(name string) []string {
	values, _ := header.Values(nil, r.answer, name)
	return values
}

// seen says what a header of the answer is.
func (r *report) seen(name string) string {
	value, ok := header.Get(r.answer, name)
	if !ok {
		return "there is no " + name
	}
	return fmt.Sprintf("%s is %q", name, value)
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
