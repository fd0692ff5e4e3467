package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Distribution is one of Access-Control-Max-Age.
type Distribution struct {
	Name   string
	Values []Share
}

// A Share is how often a value occurs. The shares of a Distribution need not add up
// to one.
type Share struct {
	MaxAge time.Duration // negative for absent or malformed
	Weight float64
}

// absent is the MaxAge of a preflight response that has none that is usable. The
// standard makes it five seconds.
//
// See https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
const absent = -1

// How often the header occurs was measured: the responses of the HTTP Archive of
// September 2021, more than 528,000,000, had 25,980,519 Access-Control-Allow-Headers,
// 32,071,437 Access-Control-Allow-Methods and 9,549,494 Access-Control-Max-Age that
// parse, and 9,846 that do not. Source: M. Nottingham, Retrofit Structured Fields for
// HTTP, draft-nottingham-http-structure-retrofit, appendix on the data supporting field
// compatibility, https://github.com/mnot/I-D.
//
// The Archive does not tell preflights from other responses. Access-Control-Allow-Headers
// has its use in preflight responses only, and one to a request with an unsafe header
// needs it, so the share of Max-Age among those that have it is taken for its share
// among preflight responses; Access-Control-Allow-Methods, which is also the field of
// preflights, gives the more pessimistic variant.
const (
	archiveAllowHeaders = 25_980_519
	archiveAllowMethods = 32_071_437
	archiveMaxAge       = 9_549_494
	archiveMalformed    = 9_846
)

// sampledValues is what values the header has where it is set. We know of no
// measurement on the wire, and have counted in public code instead: 134 places, found
// by 14 ways to write the header (in Node, PHP, Java, Go, Python, nginx, Apache,
// Kubernetes annotations, rules of object stores, Spring and Django) with at most ten
// places each, November 2026. It is a small sample, of programs and not of traffic, and
// every way of writing counts the same.
var sampledValues = []struct {
	seconds, places int
}{
	{86400, 65},
	{3600, 32},
	{1728000, 14},
	{600, 9},
	{3000, 6},
	{31536000, 1},
	{6000, 1},
	{1000, 1},
	{900, 1},
	{300, 1},
	{120, 1},
	{5, 1},
	{0, 1},
}

// Measured is the distribution that the report is about.
var Measured = withSampledValues("measured: as often as beside Access-Control-Allow-Headers",
	float64(archiveMaxAge)/archiveAllowHeaders)

// Alternatives to it. Constants are what software and services say by default, some of
// which set nothing (Rob--W/cors-anywhere, pull request 77; IdentityServer4, issue 579).
// Examples are 300 (CORS of Azure AI Search), 600 (Netflix/atlas, pull request 518), 3600
// (Helidon), 7200 (cyu/rack-cors since pull request 189, which is also Chromium's cap) and
// 43200 (DefaultConfig of gin-contrib/cors).
var (
	PessimisticMaxAges = withSampledValues("as often as beside Access-Control-Allow-Methods",
		float64(archiveMaxAge)/archiveAllowMethods)
	AlwaysSet = withSampledValues("always set, values as in the sample", 1)
)

// Constant returns the distribution in which each origin says the same.
func Constant(age time.Duration) *Distribution {
	name := fmt.Sprintf("always %d seconds", int(age.Seconds()))
	if age < 0 {
		name = "never set"
	}
	return &Distribution{name, []Share{{age, 1}}}
}

// withSampledValues returns the distribution in which the header is present with a
// probability, and then malformed as often as in the Archive.
func withSampledValues(name string, present float64) *Distribution {
	malformed := float64(archiveMalformed) / (archiveMaxAge + archiveMalformed)
	d := &Distribution{Name: name}
	d.Values = append(d.Values, Share{absent, 1 - present + present*malformed})
	total := 0
	for _, v := range sampledValues {
		total += v.places
	}
	for _, v := range sampledValues {
		weight := present * (1 - malformed) * float64(v.places) / float64(total)
		d.Values = append(d.Values, Share{time.Duration(v.seconds) * time.Second, weight})
	}
	return d
}

// Draw returns a value.
func (d *Distribution) Draw(r *rand.Rand) time.Duration {
	total := 0.0
	for _, s := range d.Values {
		total += s.Weight
	}
	x := r.Float64() * total
	for _, s := range d.Values {
		if x -= s.Weight; x < 0 {
			return s.MaxAge
		}
	}
	return d.Values[len(d.Values)-1].MaxAge // rounding
}
