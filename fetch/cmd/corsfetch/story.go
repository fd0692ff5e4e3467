package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
)

// A story tells a fetch while it happens. Lines with * explain, lines with >
// are sent, lines with < are received.
type story struct {
	w io.Writer
	o *options
	r *report // its hooks are called before those of the story

	method  string      // of this hop
	author  http.Header // the page's headers that are left on this hop
	foreign bool        // the URL is, or an earlier one was, of another origin
	told    []string    // what sayOnce has said
}

func (s *story) line(prefix, format string, args ...any) {
	text := printable(fmt.Sprintf(format, args...))
	fmt.Fprintln(s.w, strings.TrimRight(prefix+" "+text, " "))
}

// pause separates one thing from the next.
func (s *story) pause() { fmt.Fprintln(s.w) }

// say explains something. More about it is indented.
func (s *story) say(format string, args ...any)  { s.line("*", format, args...) }
func (s *story) more(format string, args ...any) { s.line("*  ", format, args...) }

// sayOnce explains something unless it has done so before.
func (s *story) sayOnce(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.told, text) {
		s.told = append(s.told, text)
		s.say("%s", text)
	}
}

// trace returns hooks that tell s.
func (s *story) trace() *fetch.Trace {
	return &fetch.Trace{
		Request:   s.request,
		Response:  s.response,
		CORSCheck: s.corsCheck,
		Preflight: s.preflight,
		Redirect:  s.redirect,
	}
}

// begin tells what is going to be fetched, for whom.
func (s *story) begin() {
	o := s.o
	s.method, s.author = o.normalized(), o.header.Clone()
	s.say("A page of %s fetches %s %s", pageName(o.origin), o.normalized(), o.shownURL())
	s.more("mode %s, credentials %s (%s), redirect %s", o.mode, o.credentials, cookiesGo(o.credentials), o.redirect)
	if o.topLevel != (fetch.Origin{}) {
		s.more("in a frame on a page of %s", pageName(o.topLevel))
	}
	s.circumstances()
	if o.addedType {
		s.more("Content-Type: %s comes with a body that is a string", o.body.mediaType)
	}
	if names := forbidden(o.header); len(names) > 0 {
		s.more("not sent, because pages must not set it: %s", strings.Join(names, ", "))
	}
	s.foreign = !o.sameOrigin()
	switch {
	case o.isData():
		s.say("A data: URL holds its own answer: nothing is sent, and no permission is needed.")
	case !s.foreign:
		s.say("The URL is of the page's own origin: no permission is needed.")
	case o.mode == fetch.ModeCORS:
		s.say("The URL is of another origin: %s.", serverDecides)
	case o.mode == fetch.ModeNoCORS:
		s.say("The URL is of another origin: with mode no-cors, the page can send simple requests but not read the answer.")
	}
}

// circumstances tells what else the page, or the browser, has to do with it.
func (s *story) circumstances() {
	o := s.o
	if o.page != nil && o.page.String() != o.origin.String()+"/" {
		s.more("the page is %s", urlForDisplay(o.page))
	}
	if o.destination != "" {
		s.more("to be used as %s", o.destination)
	}
	if o.cache != fetch.CacheDefault {
		s.more("cache %s: %s", o.cache, cacheEffect(o.cache))
	}
	if k := s.r.Keepalive; k != nil {
		s.more("keepalive: it outlives the page, whose bodies under way may have %d bytes together; this one has %d", k.Limit, k.Bytes)
	}
	if o.prefetch {
		s.more("prefetch: for a page that the user may go to next")
	}
	if o.embedderPolicy != "" {
		s.more("the page says Cross-Origin-Embedder-Policy: %s", o.embedderPolicy)
	}
	if o.ignoresReferrer() {
		s.more("the referrer is of another origin than the page, so the page's URL takes its place")
	}
}

const serverDecides = "the server there has to allow the page to read the answer (CORS)"

func pageName(o fetch.Origin) string {
	if o.Opaque() {
		return "no origin (null)"
	}
	return o.String()
}

func cookiesGo(c fetch.Credentials) string {
	switch c {
	case fetch.CredentialsOmit:
		return "cookies go nowhere"
	case fetch.CredentialsInclude:
		return "cookies go to every origin"
	}
	return "cookies go to the page's own origin only"
}

func (s *story) request(i fetch.RequestInfo) {
	if s.o.cachedOnly() {
		return // it is not sent
	}
	s.pause()
	if i.Preflight {
		s.say("Preflight: a browser asks first, without cookies and body, because of")
		for _, reason := range s.preflightReasons(i.Header) {
			s.more("- %s", reason)
		}
	} else if others := s.droppedOtherwise(i.Dropped); len(others) > 0 {
		s.sayOnce("Not sent, because mode no-cors allows the simplest headers only: %s", strings.Join(others, ", "))
	}
	s.withheld(s.r.Requests[len(s.r.Requests)-1])
	if s.o.cache == fetch.CacheDefault && !i.Preflight && conditional(i.Header) != "" {
		s.sayOnce("The page asks with %s about an answer that it has kept itself, so no cache is used (cache no-store)", conditional(i.Header))
	}
	s.line(">", "%s %s", i.Method, i.URL)
	for _, line := range headerLines(i.URL, i.Header) {
		s.line(">", "%s", line)
	}
}

// withheld tells what a server does not learn from a request that others do.
func (s *story) withheld(sent sentRequest) {
	switch r := sent.Referrer; {
	case r.Why == "":
	case r.Sent == "":
		s.sayOnce("No Referer: %s", r.Why)
	default:
		s.sayOnce("Referer is %s only: %s", r.Sent, r.Why)
	}
	if !sent.Metadata {
		s.sayOnce("No Sec-Fetch headers: %s is not trustworthy, which takes https: or this machine", originOf(sent.URL))
	}
}

// droppedOtherwise returns those of the dropped headers that begin has not
// spoken of.
func (s *story) droppedOtherwise(names []string) []string {
	told := forbidden(s.o.header)
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(told, n) })
}

// preflightReasons says what makes the preflight with header h necessary.
func (s *story) preflightReasons(h http.Header) (reasons []string) {
	method, _ := header.Get(h, "Access-Control-Request-Method")
	if !corscheck.SafelistedMethod(method) {
		reasons = append(reasons, fmt.Sprintf("the method %s: only GET, HEAD and POST go without asking", method))
	}
	names, _ := header.Values(nil, h, "Access-Control-Request-Headers")
	for _, name := range names {
		reasons = append(reasons, s.headerReason(name))
	}
	if len(reasons) == 0 {
		reasons = append(reasons, "the flag -force-preflight: nothing in the request needs it")
	}
	return reasons
}

// headerReason says what makes the header called name one to ask for.
func (s *story) headerReason(name string) string {
	switch name {
	case "content-type", "accept", "accept-language", "content-language", "range":
		// Each line counts by itself, and then all of them together.
		for _, value := range s.author[http.CanonicalHeaderKey(name)] {
			switch {
			case header.SafelistedRequest(name, value):
			case name == "content-type":
				return fmt.Sprintf("the header content-type: %s is not as simple as application/x-www-form-urlencoded, multipart/form-data and text/plain, which go without asking", value)
			default:
				return fmt.Sprintf("the header %s: its value is not as simple as those that go without asking", name)
			}
		}
		return fmt.Sprintf("the header %s: it is simple, but together such headers are too long", name)
	}
	return fmt.Sprintf("the header %s: pages have to ask before they send it to another origin", name)
}

func (s *story) response(i fetch.ResponseInfo) {
	if s.o.cachedOnly() {
		return
	}
	text := http.StatusText(i.Status)
	s.line("<", "%d %s", i.Status, text)
	for _, line := range headerLines(i.URL, i.Header) {
		s.line("<", "%s", line)
	}
	if s.r.opaque() {
		s.corpCheck(s.r.CORPChecks[len(s.r.CORPChecks)-1], i.Header)
	}
}

func (s *story) preflight(i fetch.PreflightInfo) {
	switch {
	case i.Cached:
		s.pause()
		s.say("No preflight: an earlier one for this URL still allows %s", wanted(i.Method, i.Unsafe))
	case i.Err == nil:
		s.say("The preflight allows it")
		s.more("asked for  %s", wanted(i.Method, i.Unsafe))
		s.more("granted    methods: %s; headers: %s", orNone(i.Grant.Methods), orNone(i.Grant.Headers))
		if corscheck.SafelistedMethod(i.Method) && !slices.Contains(i.Grant.Methods, i.Method) {
			s.more("           (%s needs no permission)", i.Method)
		}
		s.more("for        %s", graceTime(i.Grant.MaxAge))
	}
}

// wanted says what permission is needed for.
func wanted(method string, names []string) string {
	if len(names) == 0 {
		return "method " + method
	}
	return "method " + method + ", headers " + strings.Join(names, ", ")
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// graceTime says how long no other preflight is needed.
func graceTime(age time.Duration) string {
	kept := keptFor(corscheck.Grant{MaxAge: age})
	switch {
	case age < 0:
		return fmt.Sprintf("%v, the standard's default, because there is no valid Access-Control-Max-Age", kept)
	case age == 0:
		return "this once, because of Access-Control-Max-Age: 0"
	case age > kept:
		return fmt.Sprintf("%v, the most that is kept, although Access-Control-Max-Age says %d seconds", kept, age/time.Second)
	}
	return fmt.Sprintf("%v, as Access-Control-Max-Age says", kept)
}

func (s *story) redirect(i fetch.RedirectInfo) {
	for _, name := range i.HeadersRemoved {
		s.author.Del(name)
	}
	s.say("Redirect (status %d) to %s", i.Status, i.To)
	if u, err := fetch.ParseURL(nil, i.To); err == nil && !s.foreign && fetch.OriginOf(u) != s.o.origin {
		s.foreign = true
		if s.o.mode == fetch.ModeCORS {
			s.more("that is another origin: %s", serverDecides)
		} else {
			s.more("that is another origin: the page cannot read the answer")
		}
	}
	if i.Method != s.method {
		s.method = i.Method
		s.more("the method becomes %s, and the body stays behind", i.Method)
	}
	if len(i.HeadersRemoved) > 0 {
		s.more("headers that are not sent on: %s", strings.Join(i.HeadersRemoved, ", "))
	}
	hasOrigin := s.o.mode == fetch.ModeCORS || s.method != http.MethodGet && s.method != http.MethodHead
	if i.Taint != "same-origin" && i.Origin == "null" && !s.o.origin.Opaque() && hasOrigin {
		s.more("another origin redirects away from itself, so the request says Origin: null from now on")
	}
}

// allowed tells what the page gets.
func (s *story) allowed() {
	p := s.r.Response
	s.typeCheck()
	s.pause()
	switch p.Type {
	case fetch.TypeOpaque:
		s.say("ALLOWED, but opaque: the request was sent and answered; the page can read neither status, headers nor body.")
		s.timing()
		return
	case fetch.TypeOpaqueRedirect:
		s.say("ALLOWED, but opaque: the page learns that there is a redirect, and not where it leads.")
		s.timing()
		return
	}
	s.say("ALLOWED: the page gets the answer, status %d", p.Status)
	s.more("it can read     %s", orNone(slices.Sorted(maps.Keys(p.Headers))))
	never, hidden := split(p.Withheld, header.ForbiddenResponseName)
	_, hidden = split(hidden, func(name string) bool { return strings.HasPrefix(name, "access-control-") })
	if len(hidden) > 0 {
		s.more("it cannot read  %s", strings.Join(hidden, ", "))
		s.more("                unless the server lists them in Access-Control-Expose-Headers")
	}
	if len(never) > 0 {
		s.more("it never reads  %s", strings.Join(never, ", "))
	}
	s.timing()
}

// timing tells whether the page may see when things have happened.
func (s *story) timing() {
	answers := "the answer allows"
	if len(s.r.Redirects) > 0 {
		answers = "all answers on the way allow"
	}
	if s.r.Response.Timing {
		s.more("it can see      the timing")
	} else {
		s.more("it cannot see   the timing, unless %s that in Timing-Allow-Origin", answers)
	}
}

// body tells what became of the body, once it has been read.
func (s *story) body() {
	p := s.r.Response
	s.integrityCheck()
	switch {
	case p.Type == fetch.TypeOpaque || p.Type == fetch.TypeOpaqueRedirect || p.BodyBytes == 0:
	case len(p.Codings) > 0:
		s.say("The body: %d bytes of %s, which make %d", p.CodedBytes, strings.Join(p.Codings, ", "), p.BodyBytes)
	case p.codingLeft != "":
		s.say("The body: as the server sent it, since the request does not offer Content-Encoding: %s", p.codingLeft)
	}
}

// split returns the names that pick chooses, and the others.
func split(names []string, pick func(string) bool) (chosen, others []string) {
	for _, name := range names {
		if pick(name) {
			chosen = append(chosen, name)
		} else {
			others = append(others, name)
		}
	}
	return chosen, others
}

// notAllowed tells why the page gets nothing, or not all of it, and what would
// help.
func (s *story) notAllowed() {
	r := s.r
	if r.Verdict == refused {
		s.typeCheck()
		s.integrityCheck()
	}
	s.pause()
	s.say("%s: %s", strings.ToUpper(r.Verdict), r.Explanation)
	if r.Verdict == failed {
		return
	}
	sees := "TypeError"
	if s.o.destination != "" {
		sees = "an error event"
	}
	s.more("%s The page sees: %s.", whatWasSent(r.Requests), sees)
	if r.Advice != nil {
		s.advise(r.Advice)
	}
	s.pause()
	s.say("Reason: %s", string(r.Reason))
	if r.DevTools != "" {
		s.more("in DevTools: %s", r.DevTools)
	}
	if r.Spec != "" {
		s.more("the rule: %s", r.Spec)
	}
	s.more("%s", r.Error)
}

// whatWasSent says what servers have got of a fetch that is refused.
func whatWasSent(requests []sentRequest) string {
	if len(requests) == 0 {
		return "Nothing was sent."
	}
	last := requests[len(requests)-1]
	switch {
	case last.Preflight && last.Hop == 0:
		return "Only the preflight was sent, the request itself was not."
	case last.Preflight:
		return "Only the preflight was sent to the redirect's URL, the request itself was not."
	}
	return "The server did get the request, but the page may not have the answer."
}

func (s *story) advise(a *advice) {
	needs := answerName(a.On) + " needs"
	switch {
	case len(a.Send) > 0 && a.Status != 0:
		s.say("To be allowed, %s status %d and", needs, a.Status)
	case len(a.Send) > 0:
		s.say("To be allowed, %s", needs)
	case a.Status != 0:
		s.say("To be allowed, %s status %d.", needs, a.Status)
	}
	for _, line := range a.Send {
		s.more("    %s", line)
	}
	for _, hint := range a.Hints {
		s.say("%s", hint)
	}
}

func answerName(on string) string {
	switch on {
	case "preflight":
		return "the answer to the preflight (OPTIONS)"
	case "redirect":
		return "the redirect"
	}
	return "the answer"
}
