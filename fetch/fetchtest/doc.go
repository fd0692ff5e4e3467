// Package fetchtest asks, in go test, whether a page could talk to a server, and if
// not, why not. It needs no ports, no certificates and no browser: hosts are
// handlers in the same process, and the browser is package fetch.
//
//	browser := fetchtest.NewBrowser(t, fetchtest.Hosts{"https://api.example": handler})
//	page := browser.Open("https://app.example/")
//	resp, err := page.Fetch(t.Context(), "https://api.example/items", nil)
//	if err != nil {
//		t.Fatal(err) // what was asked and answered, which rule refused it, what to change
//	}
//	defer resp.Body.Close()
//
// # The parts
//
// A [Network] has the hosts, and records what they get. A [Browser] on it is one
// profile, with a [Jar] that honours SameSite. A [Page] fetches as its scripts
// would, hands out an http.Client for code that wants one, and navigates to the
// next page. What fails is a [*Failure], whose text is the story of the fetch.
//
// A [Policy] says what a server's CORS configuration is meant to allow, and
// [Policy.Check] tries all of it, and what must not work, and returns a [Finding]
// for each expectation that does not hold and for what is fragile.
//
// # Time
//
// Cookies and cached preflights expire by the [Clock] of the browser. In a bubble
// of testing/synctest, time is simulated without one.
//
// # Design notes
//
//   - A handler has a goroutine of its own for each request: one that streams, or
//     that waits for its client, could not run on the client's.
//   - There is one error for all that fails, rather than assertions for all that may
//     succeed: t.Fatal(err) is the assertion. Where success is not an error, such as
//     for a fetch that has to be refused, there are functions that begin with Want.
//   - Hosts speak HTTP/1.1, over https too. A page sees the reason phrase that a
//     server on HTTP/2 would not send.
//   - Headers that cannot be written in HTTP are errors, although net/http's server
//     drops or changes them in silence: a test is the place to hear of it.
package fetchtest
