package fetch_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// errorFields returns what there is to see of an error.
func errorFields(e *fetch.NetworkError) []string {
	return []string{e.Error(), string(e.Reason), fmt.Sprint(e.Preflight), e.Method, e.URL, fmt.Sprint(e.Hop), e.Origin, e.Name, e.Value, fmt.Sprint(e.Status), fmt.Sprint(e.Err)}
}

// What a server says against a request it says to all that wait, each of which gets
// the error that it would get alone, and not that of another one.
//
// Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0.
func TestCoalesceRefusal(t *testing.T) {
	const (
		origin = "Access-Control-Allow-Origin: https://app.example"
		creds  = "Access-Control-Allow-Credentials: true"
		put    = "Access-Control-Allow-Methods: PUT"
		xa     = "Access-Control-Allow-Headers: x-a"
	)
	for _, tt := range []struct {
		name    string
		include bool
		answer  labAnswer
		reason  fetch.Reason
	}{
		{"no header at all", false, says(200), fetch.ReasonMissingAllowOrigin},
		{"two origins", false, says(200, origin, origin), fetch.ReasonMultipleAllowOrigin},
		{"another origin", false, says(200, "Access-Control-Allow-Origin: https://other.example"), fetch.ReasonOriginMismatch},
		{"wildcard with credentials", true, says(200, "Access-Control-Allow-Origin: *", creds), fetch.ReasonWildcardCredentials},
		{"no credentials", true, says(200, origin), fetch.ReasonCredentials},
		{"an error", false, says(500, origin, put, xa), fetch.ReasonPreflightStatus},
		{"a redirect", false, says(307, origin, put, xa, "Location: /y"), fetch.ReasonPreflightStatus},
		{"malformed", false, says(200, origin, "Access-Control-Allow-Methods: P U T", xa), fetch.ReasonPreflightMalformed},
		{"no method", false, says(200, origin, xa), fetch.ReasonMethodNotAllowed},
		{"no header name", false, says(200, origin, put, "Access-Control-Allow-Headers: authorization"), fetch.ReasonHeaderNotAllowed},
		{"Authorization by wildcard", false, says(200, origin, put, "Access-Control-Allow-Headers: *"), fetch.ReasonAuthorization},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := func(coalesce bool) (errs []*fetch.NetworkError) {
				inLab(t, func(l *lab) {
					var b bytes.Buffer
					l.client.Logger = slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
					l.client.CoalescePreflights = coalesce
					for i := range 4 {
						p := &fetch.Params{Environment: app}
						if tt.include {
							p.Credentials = fetch.CredentialsInclude
						}
						l.start(labRequest{url: fmt.Sprint(labURL, "#", i), params: p, lines: []string{"X-A: a", "Authorization: t"}, body: "body"})
					}
					preflights := 1
					if !coalesce {
						preflights = 4
					}
					l.wantSent(preflights, preflights)
					for range preflights {
						l.reply(0, tt.answer)
					}
					l.wantSent(preflights, 0)
					for i, f := range l.fetches {
						l.wantFailed(f, tt.reason)
						errs = append(errs, f.err)
						if len(f.preflights) != 1 || f.preflights[0].Err != f.err || f.preflights[0].Shared != (coalesce && i > 0) {
							t.Errorf("fetch %d has the preflights %+v", i, f.preflights)
						}
						if got, want := f.preflights[0].Status, f.err.Status; got != want || got == 0 {
							t.Errorf("fetch %d has the preflight status %d and the error's %d", i, got, want)
						}
						if len(f.checks) != 1 || f.checks[0].Outcome != l.fetches[0].checks[0].Outcome {
							t.Errorf("fetch %d has the checks %+v", i, f.checks)
						}
					}
					if l.requests != 0 || l.cache.stores != 0 {
						t.Errorf("%d requests, %d grants stored", l.requests, l.cache.stores)
					}
					sent, blocked := strings.Count(b.String(), "msg=preflight "), strings.Count(b.String(), `msg="fetch blocked" `)
					if sent != preflights || blocked != 4 {
						t.Errorf("the log has %d preflights and %d blocked fetches; want %d and 4", sent, blocked, preflights)
					}
				})
				return errs
			}
			alone, together := run(false), run(true)
			seen := make(map[*fetch.NetworkError]bool)
			for i, e := range together {
				if seen[e] {
					t.Errorf("fetch %d has another one's error", i)
				}
				seen[e] = true
				if diff := cmp.Diff(errorFields(alone[i]), errorFields(e)); diff != "" {
					t.Errorf("fetch %d (-alone +together):\n%s", i, diff)
				}
			}
		})
	}
}

// Who gets the same preflight after a redirect as another one without shares it, but
// not what the error says about the hop.
func TestCoalesceAfterRedirect(t *testing.T) {
	inLab(t, func(l *lab) {
		const start = "https://app.example/start"
		l.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.String() == start {
				r.Body.Close()
				return says(307, "Location: "+labURL)()
			}
			return l.base.RoundTrip(r)
		})
		env := &fetch.Environment{Origin: app.Origin, URL: mustURL(t, "https://app.example/page")}
		r := labRequest{params: &fetch.Params{Environment: env}, body: "body"}
		first := l.start(r)
		r.url = start
		second := l.start(r)
		l.wantSent(1, 1)
		l.reply(0, says(200, "Access-Control-Allow-Origin: *"))
		for _, f := range []*labFetch{first, second} {
			l.wantFailed(f, fetch.ReasonMethodNotAllowed)
			if e := f.err; !e.Preflight || e.URL != labURL || e.Name != "PUT" || e.Status != 200 {
				t.Errorf("the error is %+v", e)
			}
		}
		if first.err.Hop != 0 || second.err.Hop != 1 || !second.preflights[0].Shared {
			t.Errorf("hops %d and %d; want 0 and 1", first.err.Hop, second.err.Hop)
		}

		// And the other way round, well.
		second = l.start(r)
		r.url = ""
		first = l.start(r)
		l.wantSent(2, 1)
		l.reply(0, allow())
		l.wantOK(first, second)
		if !first.preflights[0].Shared {
			t.Error("not shared")
		}
	})
}

// What the network does to one preflight says nothing about the next: all that wait
// send their own, at once.
//
// Source: Client.CoalescePreflights.
func TestCoalesceTransportError(t *testing.T) {
	withResponse := func() (*http.Response, error) {
		resp, _ := allow()()
		return resp, errLab
	}
	for _, tt := range []struct {
		name string
		bad  labAnswer
	}{
		{"error", fails},
		{"error with a response", withResponse},
		{"neither", func() (*http.Response, error) { return nil, nil }},
		{"an answer to another request", func() (*http.Response, error) {
			resp, _ := allow()()
			resp.Request = &http.Request{Response: new(http.Response)}
			return resp, nil
		}},
		{"another protocol", says(101, share().lines...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				leader := l.start(labRequest{body: "body"})
				others := l.startAll(4, labRequest{body: "body"})
				l.wantSent(1, 1)
				l.reply(0, tt.bad)
				l.wantFailed(leader, fetch.ReasonTransport)
				if i := leader.preflights; len(i) != 1 || i[0].Err != leader.err || i[0].Shared {
					t.Errorf("the trace has %+v", i)
				}
				l.wantWaiting(others...)
				l.wantSent(5, 4)

				// One that comes now leads again.
				latest := l.start(labRequest{})
				last := l.start(labRequest{})
				l.wantSent(6, 5)
				l.reply(1, tt.bad)
				l.reply(1, allow())
				for range 3 {
					l.reply(0, allow())
				}
				l.wantSent(6, 0)
				l.wantOK(latest, last)
				failed := 0
				for _, f := range others {
					if f.err != nil {
						l.wantFailed(f, fetch.ReasonTransport)
						failed++
					}
				}
				if failed != 1 {
					t.Errorf("%d others have failed; want 1", failed)
				}
				if n := shared(l.fetches); n != 1 {
					t.Errorf("%d preflights are shared; want 1", n)
				}
			})
		})
	}
}

// A fetch that comes after the response has come does not share it, because its own
// preflight would have been sent after the server had answered. It waits for what
// the cache gets.
//
// Source: https://fetch.spec.whatwg.org/#concept-cache-create-entry: with max-age 0
// there is no entry.
func TestCoalesceLate(t *testing.T) {
	for _, tt := range []struct {
		name, age string
		status    int
		more      int // preflights that the late ones send
	}{
		{"a grant that lasts", "60", 200, 0},
		{"a grant that does not", "0", 200, 1},
		{"a refusal", "60", 403, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				goOn := make(chan struct{})
				hold := &fetch.Trace{CORSCheck: func(fetch.CORSCheckInfo) { <-goOn }}
				leader, waiter := l.start(labRequest{trace: hold}), l.start(labRequest{})
				l.reply(0, says(tt.status, share("Access-Control-Max-Age: "+tt.age).lines...))
				l.wantSent(1, 0)
				late := l.startAll(3, labRequest{})
				gone := l.start(labRequest{})
				l.wantWaiting(late...)
				gone.cancel(errPageLeft)
				synctest.Wait()
				l.wantFailed(gone, fetch.ReasonAborted)
				l.wantSent(1, 0)
				close(goOn)
				synctest.Wait()
				if tt.status == 200 {
					l.wantOK(leader, waiter)
				} else {
					l.wantFailed(leader, fetch.ReasonPreflightStatus)
					l.wantFailed(waiter, fetch.ReasonPreflightStatus)
				}
				l.wantSent(1+tt.more, tt.more)
				for range tt.more {
					l.reply(0, allow())
				}
				l.wantOK(late...)
				if n := shared(late); n != 2*tt.more {
					t.Errorf("%d late ones have shared a preflight; want %d", n, 2*tt.more)
				}
				for _, f := range late {
					if len(f.preflights) != 1 || f.preflights[0].Cached != (tt.more == 0) {
						t.Errorf("a late one has the preflights %+v", f.preflights)
					}
				}
			})
		})
	}
}

// A fetch that has asked the cache before the grant got there, and looks for a flight
// after that is over, asks the cache again, and does not if only other flights are,
// unless these are too many to tell.
func TestCoalesceAsksCacheAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		others int  // flights for other URLs that end meanwhile
		own    bool // and one for the URL, before them
		again  bool // the cache is asked again
	}{
		{"the grant", 0, true, true},
		{"the grant and others", 10, true, true},
		{"the grant and many others", 31, true, true},
		{"the grant and too many others", 40, true, true},
		{"none", 0, false, false},
		{"another grant", 1, false, false},
		{"many other grants", 32, false, false},
		{"too many other grants", 33, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				// Flights before do not count.
				for i := range 5 {
					l.start(labRequest{url: fmt.Sprint(labURL, "/before/", i)})
					l.reply(0, allow())
				}
				goOn := make(chan struct{})
				fetches := l.fetches[:0:0]
				if tt.own {
					fetches = append(fetches, l.start(labRequest{}))
				}
				for i := range tt.others {
					fetches = append(fetches, l.start(labRequest{url: fmt.Sprint(labURL, "/", i)}))
				}
				l.cache.covers = func(bool) { <-goOn }
				slow := l.start(labRequest{})
				l.cache.covers = nil
				for range fetches {
					l.reply(0, allow("Access-Control-Max-Age: 60"))
				}
				l.wantOK(fetches...)
				asked := l.cache.asked
				close(goOn)
				synctest.Wait()
				if !tt.own {
					l.reply(0, allow())
				}
				l.wantOK(slow)
				if again := l.cache.asked > asked; again != tt.again {
					t.Errorf("the cache is asked again: %t; want %t", again, tt.again)
				}
				if i := slow.preflights; len(i) != 1 || i[0].Cached != tt.own {
					t.Errorf("the trace has the preflights %+v", i)
				}
			})
		})
	}
}

// Those who wait go on when the grant is stored, as they would have stored it alone:
// what they fetch next, or clear, comes after that.
func TestCoalesceStoredFirst(t *testing.T) {
	inLab(t, func(l *lab) {
		goOn := make(chan struct{})
		l.cache.store = func() { <-goOn }
		leader, waiter := l.start(labRequest{}), l.start(labRequest{})
		l.reply(0, allow())
		l.wantWaiting(leader, waiter)
		if l.requests != 0 {
			t.Errorf("%d requests are sent before the grant is stored", l.requests)
		}
		close(goOn)
		synctest.Wait()
		l.wantOK(leader, waiter)
	})
}

// Nobody waits for what the first fetch does when it has stored the grant: neither
// others, nor its own trace if that fetches.
func TestCoalesceOverBeforeTrace(t *testing.T) {
	inLab(t, func(l *lab) {
		l.client.Preflights = preflightcache.Disabled
		goOn := make(chan struct{})
		var nested *labFetch
		tr := &fetch.Trace{Preflight: func(fetch.PreflightInfo) {
			nested = l.prepare(labRequest{})
			<-nested.ended
			<-goOn
		}}
		leader, waiter := l.start(labRequest{trace: tr}), l.start(labRequest{})
		l.reply(0, allow())
		l.wantWaiting(leader)
		l.wantOK(waiter)
		l.wantSent(2, 1)
		l.reply(0, allow())
		l.wantOK(nested)
		close(goOn)
		synctest.Wait()
		l.wantOK(leader)
	})
}

// A fetch that fails after its preflight forgets the grant. Those who have shared the
// preflight have had its answer, and others send their own.
//
// Source: https://fetch.spec.whatwg.org/#concept-cache-clear.
func TestCoalesceClear(t *testing.T) {
	inLab(t, func(l *lab) {
		all := l.startAll(4, labRequest{body: "body"})
		answers := 0
		l.answer = func() (*http.Response, error) {
			if answers++; answers == 1 {
				return says(200)() // not shared with the origin
			}
			return allow()()
		}
		l.reply(0, allow("Access-Control-Max-Age: 60"))
		failed := 0
		for _, f := range all {
			if f.err != nil {
				l.wantFailed(f, fetch.ReasonMissingAllowOrigin)
				failed++
			} else {
				l.wantOK(f)
			}
		}
		if failed != 1 || l.cache.clears != 1 {
			t.Errorf("%d have failed and %d cleared the cache; want 1 and 1", failed, l.cache.clears)
		}
		l.wantSent(1, 0)
		next := l.start(labRequest{})
		l.wantSent(2, 1)
		l.reply(0, allow())
		l.wantOK(next)
	})
}

// A preflight that is sent once more, because the server did not answer for its
// host, is one flight.
//
// Source: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20.
func TestCoalesceMisdirected(t *testing.T) {
	inLab(t, func(l *lab) {
		all := l.startAll(3, labRequest{})
		l.reply(0, says(421, share().lines...))
		l.wantSent(2, 1)
		l.wantWaiting(all...)
		l.reply(0, allow())
		l.wantOK(all...)
	})
}

// Over sockets, through an http.Client: one preflight, whatever the scheduler does.
func TestCoalesceHTTPClient(t *testing.T) {
	const n = 16
	var asked sync.WaitGroup // n times
	asked.Add(n)
	var preflights atomic.Int64
	w := newWeb(t, map[string]http.Handler{labURL: split(
		http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			preflights.Add(1)
			asked.Wait()
			share("Access-Control-Max-Age: 60").ServeHTTP(rw, r)
		}),
		share())})
	w.client.CoalescePreflights = true
	w.client.CheckRequest = func(r *http.Request, _ *fetch.Params) error {
		if r.Method == "OPTIONS" {
			asked.Done()
		}
		return nil
	}
	client := &http.Client{Transport: w.client.Transport(&fetch.Params{Environment: app})}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			resp, err := client.Do(newRequest(t, "PUT", labURL, "body"))
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
		})
	}
	wg.Wait()
	if got := preflights.Load(); got != 1 {
		t.Errorf("the server got %d preflights; want 1", got)
	}
	if got := len(w.received()); got != n+1 {
		t.Errorf("the server got %d requests; want %d", got, n+1)
	}
}

// Goroutines that the scheduler runs as it likes get along with one preflight,
// whether they come before its answer or after.
func TestCoalesceRace(t *testing.T) {
	const n = 16
	for range 50 {
		var preflights atomic.Int64
		client := &fetch.Client{CoalescePreflights: true, Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == "OPTIONS" {
				preflights.Add(1)
			}
			return allow("Access-Control-Max-Age: 60")()
		})}
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				resp, err := client.Fetch(newRequest(t, "PUT", labURL, nil), &fetch.Params{Environment: app})
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
			})
		}
		wg.Wait()
		if got := preflights.Load(); got != 1 {
			t.Fatalf("%d preflights; want 1", got)
		}
	}
}

// A failing store costs preflights, and delays nobody for ever.
func TestCoalesceCacheErrors(t *testing.T) {
	inLab(t, func(l *lab) {
		l.cache.err = errors.New("store")
		var failures atomic.Int64
		tr := &fetch.Trace{CacheError: func(error) { failures.Add(1) }}
		all := l.startAll(3, labRequest{trace: tr})
		l.reply(0, allow())
		l.wantOK(all...)
		l.wantSent(1, 0)
		if got := failures.Load(); got != 3+1 { // each asks, one stores
			t.Errorf("%d errors are traced; want 4", got)
		}
	})
}

// With a cache that forgets everything, fetches one after the other share nothing.
func TestCoalesceNotInTurn(t *testing.T) {
	inLab(t, func(l *lab) {
		l.client.Preflights = preflightcache.Disabled
		for i := range 3 {
			f := l.start(labRequest{})
			l.wantSent(i+1, 1)
			l.reply(0, allow())
			l.wantOK(f)
		}
		if n := shared(l.fetches); n != 0 {
			t.Errorf("%d preflights are shared", n)
		}
	})
}
