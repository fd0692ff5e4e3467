package fetch

import (
	"net/http/cookiejar"
	"net/url"

	"github.com/corsengine/corsengine/internal/site"
)

// An Environment is the part of an HTML environment settings object that a
// fetch consults: the page or worker on whose behalf it runs. An Environment
// must not be modified once in use and may be shared by any number of requests.
//
// See https://html.spec.whatwg.org/#environment-settings-object.
type Environment struct {
	// Origin is the origin requests are made from. Required.
	Origin Origin

	// URL is the page's URL, the default referrer. Nil means no referrer.
	URL *url.URL

	// TopLevel is the origin of the top-level page; it partitions preflight
	// grants and authentication, and counts for SameSite. The zero Origin means
	// Origin.
	TopLevel Origin

	// ReferrerPolicy is the page's policy; "" means
	// strict-origin-when-cross-origin.
	ReferrerPolicy ReferrerPolicy

	// EmbedderPolicy is "unsafe-none" (or ""), "credentialless" or
	// "require-corp". It also applies to what the page shows in frames.
	EmbedderPolicy string

	// CrossSiteAncestor says that some ancestor frame is cross-site, which
	// withholds SameSite cookies.
	CrossSiteAncestor bool

	// Languages are the user's languages, most preferred first, such as
	// "de-AT", "de", "en". They become Accept-Language, unless the request has
	// its own. None means that none is sent.
	Languages []string
}

// partition returns the network partition key: the site of the top-level page.
//
// See https://fetch.spec.whatwg.org/#determine-the-network-partition-key.
func (e *Environment) partition(list cookiejar.PublicSuffixList) string {
	top := e.TopLevel
	if !top.valid() {
		top = e.Origin
	}
	if top.Opaque() {
		return top.id.partition()
	}
	return site.Of(list, top.tuple)
}
