/*
Corsfetch makes one request the way a web page would and says, in plain words,
what the browser's rules (CORS: cross-origin resource sharing) make of it.

Usage:

	corsfetch -origin ORIGIN [flags] URL
	corsfetch demo

The first form plays a page of ORIGIN that calls fetch(URL). It sends what a
browser would send, follows redirects as a browser would, and tells the story
on standard error, in the manner of curl -v: lines with * explain, lines with >
were sent, lines with < were received. If the page may read the body of the
response, the body goes to standard output. If not, the story ends with what
the server would have to send instead.

The second form needs no network. It starts three servers on this machine, runs
a table of fetches that shows each rule at work, prints what the servers saw,
and exits with status 0 if all of it was as expected.

# Examples

May a page of https://app.example read this?

	corsfetch -origin https://app.example https://api.example/items

And may it send JSON, with cookies?

	corsfetch -origin https://app.example -X PUT -credentials include \
		-H 'Content-Type: application/json' -d '{"name":"tea"}' \
		https://api.example/items/7

May it show this image, although its own policy is strict?

	corsfetch -origin https://app.example -mode no-cors -destination image \
		-embedder-policy require-corp https://cdn.example/tea.png

The first for a script, which looks at the exit status and at one object:

	corsfetch -json -origin https://app.example https://api.example/ | jq .advice

All the rules in a minute:

	corsfetch demo | less

# Flags

Flags come before the URL, which has to be absolute.

	-origin ORIGIN
		The origin of the page, such as https://app.example:8443.
		Required. "null" is the origin of a sandboxed frame.
	-X METHOD
		The method; GET, or POST if there is a -d. Write PATCH in capitals:
		browsers do not correct it.
	-H 'Name: value'
		A header that the page sets. May be repeated. A header that pages
		must not set, such as Cookie, is left out, as in a browser.
	-d BODY, -d @FILE
		The body: a string, or what is in a file. As in fetch(), a string is
		sent as text/plain;charset=UTF-8 unless -H sets a Content-Type, and a
		file without any Content-Type.
	-credentials omit|same-origin|include
		Where cookies go: nowhere, to the page's own origin (the default), or
		to every origin.
	-mode cors|no-cors|same-origin
		What may be requested: any URL if the server consents (the default),
		any URL but the page cannot read the response, or URLs of the page's
		own origin only.
	-redirect follow|error|manual
		What becomes of redirects. The default is follow.
	-top-level ORIGIN
		The origin of the page that embeds this one in a frame. Permissions
		are remembered for each such site apart. The default is ORIGIN.
	-destination DESTINATION
		What the page uses the response as, such as image, script, style or
		font: the standard's word for it. The default is that of fetch(),
		which is nothing in particular. HTML without the attribute
		crossorigin has the mode no-cors and the credentials include.
	-page URL
		The URL of the page, which is of its origin. The default is ORIGIN
		with a slash behind it.
	-referrer URL|no-referrer
		What servers are told of where the request comes from, or that they
		are not. The default is -page, also for a URL of another origin.
	-referrer-policy POLICY
		How much of that they are told: no-referrer,
		no-referrer-when-downgrade, same-origin, origin, strict-origin,
		origin-when-cross-origin, strict-origin-when-cross-origin (the
		default) or unsafe-url.
	-embedder-policy unsafe-none|credentialless|require-corp
		The page's Cross-Origin-Embedder-Policy: whether other origins have
		to consent, if the page uses what it cannot read. The default is
		unsafe-none.
	-integrity DIGESTS
		The body has to have one of these digests, such as sha256- and 32
		bytes in base64. Separate them with spaces: only the strongest kind
		counts. The body is read to its end before anything is printed of it.
	-cache default|no-store|reload|no-cache|force-cache|only-if-cached
		How caches are used. The browser's own is empty, so this decides what
		caches on the way are told. With only-if-cached, which needs -mode
		same-origin, nothing is sent.
	-keepalive
		Let the request outlive the page. Its body may have 64 KiB at most.
	-prefetch
		Ask as for a page that the user may go to next.
	-language TAG
		A language of the user, such as de-AT, for Accept-Language. May be
		repeated, with the most preferred one first. The default is none.
	-force-preflight
		Ask for permission even if the request does not need it, as browsers
		do for an XMLHttpRequest that watches its upload.
	-timeout DURATION
		Give up after that long, such as 10s, the body included. The default
		is to wait.
	-json
		Print one JSON object on standard output, and no story.
	-log
		Print records on standard error, one for each step, and no story.
		They are of the kind that package log/slog writes as text.
	-h
		Print this text.

# Exit status

	0	the page gets a response, perhaps one that it cannot read (opaque)
	1	the browser's rules refuse the request or the response
	2	the command line is wrong, or a file for -d cannot be read
	3	there is no answer, or not all of it: DNS, TLS, a timeout, ^C, or
		standard output was closed

The status of the response plays no part: a page may read a 404.
The demo exits with 1 if something was not as expected.

# JSON

The object printed by -json has always all of these members. Header names are
in lowercase, and headers are objects of arrays, one element for each line.
Lists may be empty but are never null.

	verdict       "allowed", "refused" or "failed": exit status 0, 1 and 3
	reason        why, such as "missing-allow-origin"; "" if allowed
	explanation   the same in a sentence
	error         the same in one line with all circumstances
	spec          URL of the rule in the standard, or ""
	devtools      name of the error in the DevTools protocol of Chrome, or ""
	origin        origin of the page
	url           URL that was asked for, as a browser writes it
	dropped       names of the page's headers that a page must not set
	requests      what was sent, in order. Each has
	  method, url, headers
	  hop           0, or how many redirects came before
	  preflight     this request only asks for permission
	  credentials   it may carry cookies
	  cache         cache mode: that of -cache, or no-store if the page asks
	                about an answer that it has kept itself
	  metadata      there are Sec-Fetch headers, which only servers get that
	                are reached over https:, or on this machine
	  referrer      what the server is told of the page. It has
	    full        what there is to tell: a URL without password and fragment
	    sent        what is told, in the header Referer; "" for nothing
	    policy      the referrer policy by then
	    why         why that is not all there is, "" if it is
	  status        of the answer, 0 if there was none
	preflights    each need for permission. Each has
	  url
	  method        that permission was needed for
	  headers       names that permission was needed for
	  partition     site of the top-level page, for whose pages the permission is
	                remembered; "opaque" if it has none
	  cached        an earlier permission covered it, nothing was sent
	  status        of the answer, 0 if there was none
	  granted       null, or an object: methods and headers as the server lists
	                them, maxAge as the server says in seconds (-1: not at
	                all), and keptFor, the seconds for which it is remembered
	  reason        why the preflight failed; "" if it did not
	corsChecks    each comparison of origins. Each has
	  url, preflight
	  origin        of the request, as in the header Origin
	  credentials   cookies go to every origin, so the server has to agree
	  allowOrigin   value of Access-Control-Allow-Origin
	  outcome       "allowed", or a reason
	corpChecks    each answer that the page may use but not read. Each has
	  url
	  origin        of the page
	  answerOrigin  of the answer
	  resourcePolicy  value of Cross-Origin-Resource-Policy
	  embedderPolicy  of the page
	  credentials   the request may have carried cookies
	  outcome       "allowed" or "refused"
	redirects     each has
	  from, to, status
	  method        from now on
	  origin        from now on, as in the header Origin
	  taint         "same-origin", "same-site" or "cross-site": where the
	                redirects have led
	  headersRemoved  names of the page's headers that are not sent on
	keepalive     null if there is no -keepalive, or an object:
	  bytes, limit  of the body, and how many it may have
	  outcome       "allowed" or "refused"
	typeCheck     null if the destination takes all types, or an object:
	  destination
	  contentType   value of Content-Type
	  nosniff       X-Content-Type-Options says so
	  outcome       "allowed" or "refused"
	integrity     null if nothing was compared, or an object:
	  wanted        digests that the page wants, those that count
	  seen          digest of the body; "" if it may not be looked at, or not
	                all of it
	  outcome       "allowed" or "refused"
	response      null, or what the page gets:
	  type          "basic", "cors", "opaque" or "opaqueredirect"
	  status, url   0 and "" if hidden from the page
	  redirected
	  headers       those that the page can read
	  withheld      names of those that it cannot
	  timing        it can see when things happened
	  bodyBytes     how many bytes of body there were for the page
	  codings       content codings that were undone for that, in the order in
	                which the server applied them
	  codedBytes    how many bytes there were before
	advice        null, or what would have to change:
	  on            which answer is at fault: "preflight", "redirect",
	                "response", or "" if it is not the server's
	  status        that the answer should have, 0 if it is good as it is
	  send          header lines that it should have, in place of those with
	                the same name
	  hints         sentences: what else there is to know

The body itself is not in the object. It is read to its end, so that a
connection that breaks off is noticed.

# What is shown

Usernames and passwords in URLs are never printed. Header values are, cookies
and Authorization included: look before you paste. Characters that could do
something to a terminal are printed as \x1b and the like; the body is not
changed. Shown are the requests as they are handed to Go's HTTP client, which
adds Host and Content-Length. With -log, cookies and Authorization are not shown.

# What it does not do

Corsfetch has no cookies to begin with; it keeps those that arrive on the way.
Its HTTP cache is empty and stays so. It knows no more of the page than the flags
say, so a Content-Security-Policy does not apply, and neither does the rule
against http: URLs on https: pages (mixed content).
*/
package main
