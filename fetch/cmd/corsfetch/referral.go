package main

import (
	"fmt"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/referrer"
	"github.com/corsengine/corsengine/internal/weburl"
)

// A referral is what requests can tell servers of the page that they come from,
// and the policy by which they do.
type referral struct {
	full   string // the URL to tell, without userinfo and fragment, "" for none
	none   string // why there is none
	policy referrer.Policy
	by     string // who says so
}

// newReferral returns the referral of the first request.
//
// See https://fetch.spec.whatwg.org/#dom-request.
func newReferral(o *options) referral {
	r := referral{policy: referrer.Policy(o.referrerPolicy).Effective(""), by: "the default"}
	if o.referrerPolicy != "" {
		r.by = "of the page"
	}
	if o.referrer == fetch.NoReferrer {
		r.none = "the page wants none"
		return r
	}
	if u, err := weburl.Parse(o.referrer, nil); err == nil && u.Origin() == o.origin.String() {
		r.full = referrer.Strip(u.String(), false)
		return r
	}
	if o.origin.Opaque() {
		r.none = "a page without origin has none"
		return r
	}
	r.none = "the page has no http: or https: URL"
	if u, err := weburl.FromNet(o.page); err == nil {
		r.full = referrer.Strip(u.String(), false)
	}
	return r
}

// ignoresReferrer reports whether a browser ignores the referrer that the page sets,
// because it is not of the page's own origin.
func (o *options) ignoresReferrer() bool {
	if o.referrer == "" || o.referrer == fetch.NoReferrer {
		return false
	}
	u, err := weburl.Parse(o.referrer, nil)
	return err != nil || u.Origin() != o.origin.String()
}

// redirected takes the Referrer-Policy lines of a redirect into account.
func (r *referral) redirected(lines []string) {
	if p := referrer.Parse(lines); p != "" {
		r.policy, r.by = p, "of the redirect"
	}
}

// why says why a request to a URL of the origin current tells no more than sent;
// "" if it tells all there is.
//
// See https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer.
func (r *referral) why(sent, current string) string {
	switch {
	case sent == r.full && sent != "":
		return ""
	case r.full == "":
		return r.none
	case sent != referrer.Determine(r.policy, r.full, current):
		return "the URL that redirects here was not told more either"
	}
	policy := fmt.Sprintf("the policy %s (%s)", r.policy, r.by)
	other := referrer.Determine(referrer.SameOrigin, r.full, current) == ""
	switch r.policy {
	case referrer.NoReferrer:
		return policy + " tells nothing to anybody"
	case referrer.SameOrigin:
		if other {
			return policy + " tells nothing to other origins"
		}
	case referrer.Origin:
		return policy + " tells nobody more than the origin"
	}
	switch {
	case sent == "":
		return policy + " tells nothing of a page that came over https: or from this machine to a URL that does not"
	case r.policy == referrer.StrictOrigin:
		return policy + " tells nobody more than the origin"
	case other && (r.policy == referrer.OriginWhenCrossOrigin || r.policy == referrer.StrictOriginWhenCrossOrigin):
		return policy + " tells other origins no more than the origin"
	}
	return "a URL of more than 4096 characters is cut to its origin"
}
