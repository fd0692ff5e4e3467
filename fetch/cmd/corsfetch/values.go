package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/internal/corp"
	"github.com/corsengine/corsengine/internal/referrer"
	"github.com/corsengine/corsengine/internal/sri"
)

// What package fetch takes as strings, it ignores like a browser if they are
// unknown. On a command line, these are typing errors. The functions here find
// them.

// destinations are those of the standard, but for the empty string.
//
// See https://fetch.spec.whatwg.org/#destination-type.
var destinations = []string{
	"audio", "audioworklet", "document", "embed", "font", "frame", "iframe", "image", "json", "manifest",
	"object", "paintworklet", "report", "script", "serviceworker", "sharedworker", "style", "text", "track",
	"video", "webidentity", "worker", "xslt",
}

// parseDestination returns the destination called s; "" is that of fetch().
func parseDestination(s string) (fetch.Destination, error) {
	if s != "" && !slices.Contains(destinations, s) {
		return "", fmt.Errorf("there is no such destination; there are %s", strings.Join(destinations, ", "))
	}
	return fetch.Destination(s), nil
}

// parseReferrerPolicy returns the referrer policy called s; "" is the default.
func parseReferrerPolicy(s string) (fetch.ReferrerPolicy, error) {
	p := referrer.Policy(s)
	if s != "" && p.Effective("") != p {
		return "", fmt.Errorf("%q is not a referrer policy, such as %s", s, referrer.Default)
	}
	return fetch.ReferrerPolicy(s), nil
}

// parseReferrer returns s if it is an absolute URL or [fetch.NoReferrer].
func parseReferrer(s string) (string, error) {
	if s == fetch.NoReferrer {
		return s, nil
	}
	if _, err := fetch.ParseURL(nil, s); err != nil {
		return "", fmt.Errorf("it has to be an absolute URL or %s: %w", fetch.NoReferrer, err)
	}
	return s, nil
}

// parseEmbedderPolicy returns s if it is the name of an embedder policy; "" is
// the default.
func parseEmbedderPolicy(s string) (string, error) {
	if _, ok := corp.ParseEmbedderPolicy(s); !ok {
		return "", errors.New("it has to be unsafe-none, credentialless or require-corp")
	}
	return s, nil
}

// parseIntegrity returns s if there is something in it to check. Browsers let
// what has no known algorithm pass, unchecked.
func parseIntegrity(s string) (string, error) {
	if sri.Parse(s).Empty() {
		return "", errors.New("there is no digest in it that a browser would check: it has to begin with sha256-, sha384- or sha512-")
	}
	return s, nil
}

// parseLanguage returns s if it has the form of a language tag.
func parseLanguage(s string) (string, error) {
	for _, subtag := range strings.Split(s, "-") {
		if subtag == "" || strings.ContainsFunc(subtag, notAlphanumeric) {
			return "", fmt.Errorf("%q is no language tag, such as de-AT", s)
		}
	}
	return s, nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || '9' < r) && (r < 'A' || 'Z' < r) && (r < 'a' || 'z' < r)
}
