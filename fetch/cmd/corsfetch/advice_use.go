package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/corp"
)

// This file is about the reasons that have to do with what a response is used
// for, and not with who may read it.

func (r *report) corp(e *fetch.NetworkError) diagnosis {
	var why string
	switch strings.Trim(e.Value, "\t ") {
	case "same-origin":
		why = fmt.Sprintf("%s is for pages of its own origin only (%s: same-origin), and the page is of %s.", r.theAnswer(e), resourcePolicy, pageName(r.o.origin))
	case "same-site":
		why = fmt.Sprintf("%s is for pages of its own site only (%s: same-site), and the page is of %s.", r.theAnswer(e), resourcePolicy, pageName(r.o.origin))
	default:
		why = fmt.Sprintf("The page's embedder policy is %s, so what it takes from other origins has to be meant for that. %s does not say so: %s.", r.o.embedder(), r.theAnswer(e), r.seen(resourcePolicy))
	}
	d := diagnosis{why, newAdvice(e, resourcePolicy+": cross-origin")}
	sameSite := corpCheck{AnswerOrigin: originOf(e.URL)}
	if !sameSite.check(r.o, http.Header{resourcePolicy: {"same-site"}}).Blocked() {
		d.advice.hint("If it is for pages of its own site only, this will do, too: " + resourcePolicy + ": same-site")
	} else if strings.HasPrefix(e.URL, "https:") && strings.HasPrefix(r.Origin, "http:") {
		d.advice.hint("To an answer that came over https:, a page that came over http: is of another site.")
	}
	if r.o.embedder() == corp.RequireCORP {
		d.advice.hint("Or let the page ask with mode cors (in HTML: the attribute crossorigin), which is about " + allowOrigin + " instead.")
	}
	return d
}

func (r *report) nosniff(e *fetch.NetworkError) diagnosis {
	return r.wrongType(e, fmt.Sprintf("%s says %s: nosniff, so its type has to be right for the destination %s: %s.", r.theAnswer(e), typeOptions, r.o.destination, seenType(e)))
}

func (r *report) mimeType(e *fetch.NetworkError) diagnosis {
	return r.wrongType(e, fmt.Sprintf("%s has a type that the destination %s never takes: %s.", r.theAnswer(e), r.o.destination, seenType(e)))
}

// seenType says what Content-Type is. A data: URL has one, too, but no header.
func seenType(e *fetch.NetworkError) string {
	if e.Value == "" {
		return "there is no " + contentType
	}
	return fmt.Sprintf("%s is %q", contentType, e.Value)
}

// wrongType completes the diagnosis of a response with an unfitting MIME type.
func (r *report) wrongType(e *fetch.NetworkError, why string) diagnosis {
	want := fittingType(r.o.destination)
	if r.o.isData() {
		return r.page(why, fmt.Sprintf("Begin the URL with \"data:%s,\".", want))
	}
	d := diagnosis{why, newAdvice(e, contentType+": "+want)}
	d.advice.hint("The type has to tell the truth: if the body is of another type, the URL is wrong, or this is an error page.")
	return d
}

func (r *report) rangeNotRequested(e *fetch.NetworkError) diagnosis {
	return r.page(fmt.Sprintf("%s is a part of the resource (status %d), which somebody else has asked for: this request is for the whole.", r.theAnswer(e), e.Status),
		"Something between page and server, such as a cache, mixes up parts and wholes. Do without it, or empty it.")
}

func (r *report) integrity(e *fetch.NetworkError) diagnosis {
	opaque := "A browser does not tell a page anything about an answer that it may not read, and so does not check it either."
	switch {
	case e.Value != "":
		return r.page("The body is not the one that the page wants: its digest is another.",
			fmt.Sprintf("If the body is right, the page has to want %s. If not, look for who has changed it.", e.Value))
	case r.opaque():
		return r.page(opaque, "Use mode cors (in HTML: the attribute crossorigin), for which the server has to consent.")
	case isRedirect(e.Status):
		return r.page(opaque, "Use -redirect follow.")
	case hasNoBody(r.o.normalized(), e.Status):
		return r.page(fmt.Sprintf("There is no body that could be checked: the method is %s and the status %d.", r.o.normalized(), e.Status),
			"Do without -integrity.")
	}
	return r.page("The body is longer than 64 MiB, which is the most that corsfetch checks.",
		"Save it without -integrity, and let another program compute the digest.")
}

// hasNoBody reports whether there is no body whatever the server sends.
//
// See https://fetch.spec.whatwg.org/#null-body-status.
func hasNoBody(method string, status int) bool {
	switch status {
	case 103, 204, 205, 304:
		return true
	}
	return method == http.MethodHead
}

func (r *report) notCached(*fetch.NetworkError) diagnosis {
	return r.page("With cache mode only-if-cached, nobody but the browser's cache answers. Here it is empty.",
		"Use -cache force-cache, which asks the server for what is not in the cache, or the default.")
}

func (r *report) keepalive(*fetch.NetworkError) diagnosis {
	return r.page(fmt.Sprintf("The body has %d bytes. The bodies of all keepalive requests that a page has under way may have %d together.", r.o.bodySize(), keepaliveLimit),
		"Send less, or without -keepalive.")
}
