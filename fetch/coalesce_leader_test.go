package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// A fate is what becomes of a preflight.
type fate uint8

const (
	unsent fate = iota
	sentInVain
	answered
)

// What happens to the fetch that sends the preflight, at whatever moment, happens to
// no other: those who wait get its answer if there is one, and else one of them
// sends the next preflight.
//
// Source: Client.CoalescePreflights.
func TestCoalesceLeaderLost(t *testing.T) {
	const followers = 3
	lost := map[string]func(*labFetch){
		"cancelled": func(f *labFetch) { f.cancel(errPageLeft) },
		"panics":    func(*labFetch) { panic("lost") },
		"exits":     func(*labFetch) { runtime.Goexit() }, // as t.FailNow does
	}
	for _, stage := range []struct {
		name string

		// arrange has at called at the stage, for the first fetch.
		arrange func(l *lab, r *labRequest, at func())

		// early: nobody has sent anything, so that the others come during the stage.
		early bool

		// What becomes of the first preflight.
		ifCancelled, ifPanics fate
	}{
		{"CheckRequest", func(l *lab, _ *labRequest, at func()) {
			l.client.CheckRequest = func(r *http.Request, _ *fetch.Params) error {
				if r.Method == "OPTIONS" && r.Context().Value(userKey{}) == l.fetches[0] {
					at()
				}
				return nil
			}
		}, true, unsent, unsent},
		{"Trace.Request", func(_ *lab, r *labRequest, at func()) {
			r.trace = &fetch.Trace{Request: func(fetch.RequestInfo) { at() }}
		}, true, sentInVain, unsent},
		{"Base", func(l *lab, _ *labRequest, at func()) {
			l.answerFirst(func() (*http.Response, error) { at(); return fails() })
		}, false, sentInVain, sentInVain},
		{"Base, with a response", func(l *lab, _ *labRequest, at func()) {
			l.answerFirst(func() (*http.Response, error) { at(); return allow()() })
		}, false, answered, sentInVain},
		{"Trace.Response", func(_ *lab, r *labRequest, at func()) {
			r.trace = &fetch.Trace{Response: func(fetch.ResponseInfo) { at() }}
		}, false, answered, sentInVain},
		{"Trace.CORSCheck", func(_ *lab, r *labRequest, at func()) {
			r.trace = &fetch.Trace{CORSCheck: func(fetch.CORSCheckInfo) { at() }}
		}, false, answered, answered},
		{"Preflights.Store", func(l *lab, _ *labRequest, at func()) {
			l.cache.store = at
		}, false, answered, answered},
		{"Trace.Preflight", func(_ *lab, r *labRequest, at func()) {
			r.trace = &fetch.Trace{Preflight: func(fetch.PreflightInfo) { at() }}
		}, false, answered, answered},
	} {
		for name, lose := range lost {
			t.Run(stage.name+"/"+name, func(t *testing.T) {
				inLab(t, func(l *lab) {
					reached := false
					goOn := make(chan struct{})
					r := labRequest{body: "body"}
					stage.arrange(l, &r, func() {
						if reached {
							return
						}
						reached = true
						if stage.early {
							<-goOn
						}
						lose(l.fetches[0])
					})
					leader := l.start(r)
					others := l.startAll(followers, labRequest{body: "body"})
					l.wantWaiting(others...)
					if stage.early {
						l.wantSent(0, 0)
						close(goOn)
						synctest.Wait()
					} else {
						l.wantSent(1, 1)
						l.reply(0, l.firstAnswer())
					}
					if !reached {
						t.Fatal("the stage is not reached")
					}
					is := stage.ifPanics
					switch name {
					case "cancelled":
						is = stage.ifCancelled
						l.wantFailed(leader, fetch.ReasonAborted)
						if !errors.Is(leader.err, errPageLeft) || !errors.Is(leader.err, context.Canceled) {
							t.Errorf("the error is %v; want one with the cause", leader.err)
						}
					case "panics":
						if leader.panicked != "lost" {
							t.Errorf("panic with %v", leader.panicked)
						}
					case "exits":
						if !leader.exited {
							t.Error("the goroutine has not ended")
						}
					}
					sent, sharing := 1, followers
					if is != answered {
						// Another one has taken over.
						if is == sentInVain {
							sent = 2
						}
						sharing--
						l.wantWaiting(others...)
						l.wantSent(sent, 1)
						if l.inAir[0].by == leader {
							t.Error("the preflight is that of the fetch that was lost")
						}
						l.reply(0, allow())
					}
					l.wantSent(sent, 0)
					l.wantOK(others...)
					if l.requests != followers {
						t.Errorf("%d requests; want %d", l.requests, followers)
					}
					for i, f := range others {
						if len(f.preflights) != 1 || f.preflights[0].Err != nil {
							t.Errorf("fetch %d has the preflights %+v", i, f.preflights)
						}
					}
					if n := shared(others); n != sharing {
						t.Errorf("%d preflights are shared; want %d", n, sharing)
					}
				})
			})
		}
	}
}

// answerFirst has the first preflight answered in a way that is a part of the stage.
func (l *lab) answerFirst(a labAnswer) { l.first = a }

func (l *lab) firstAnswer() labAnswer {
	if l.first != nil {
		return l.first
	}
	return allow("Access-Control-Max-Age: 60")
}

// A waiter whose context ends leaves at once, and nobody else notices.
//
// Source: Client.CoalescePreflights.
func TestCoalesceWaiterCancelled(t *testing.T) {
	inLab(t, func(l *lab) {
		leader := l.start(labRequest{})
		others := l.startAll(3, labRequest{body: "body"})
		others[1].cancel(errPageLeft)
		synctest.Wait()
		l.wantSent(1, 1)
		l.wantFailed(others[1], fetch.ReasonAborted)
		e := others[1].err
		if !e.Preflight || e.Method != "PUT" || e.URL != labURL || e.Origin != "https://app.example" || e.Status != 0 {
			t.Errorf("the error is %+v", e)
		}
		if !errors.Is(e, errPageLeft) || !errors.Is(e, context.Canceled) {
			t.Errorf("the error is %v; want one with the cause", e)
		}
		infos := others[1].preflights
		if len(infos) != 1 || infos[0].Err != e || !infos[0].Shared || infos[0].Status != 0 {
			t.Errorf("the trace has the preflights %+v", infos)
		}
		l.wantWaiting(leader, others[0], others[2])
		l.reply(0, allow())
		l.wantOK(leader, others[0], others[2])
		l.wantSent(1, 0)
		if l.requests != 3 {
			t.Errorf("%d requests; want 3", l.requests)
		}
	})
}

// A deadline is as good as a cancellation.
func TestCoalesceWaiterDeadline(t *testing.T) {
	inLab(t, func(l *lab) {
		leader := l.start(labRequest{})
		ctx, cancel := context.WithTimeout(context.Background(), 1)
		defer cancel()
		_, err := l.client.Fetch(newRequest(t, "PUT", labURL, nil).WithContext(ctx), &fetch.Params{Environment: app})
		e := wantReason(t, err, fetch.ReasonAborted)
		if !e.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v; want a timeout", err)
		}
		l.reply(0, allow())
		l.wantOK(leader)
	})
}

// If all are cancelled, in whatever order, nothing is left, and the next fetch sends
// its own preflight.
func TestCoalesceAllCancelled(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}} {
		for _, atOnce := range []bool{false, true} {
			t.Run(fmt.Sprint(order, atOnce), func(t *testing.T) {
				inLab(t, func(l *lab) {
					all := l.startAll(4, labRequest{body: "body"})
					for _, i := range order {
						all[i].cancel(errPageLeft)
						if !atOnce {
							synctest.Wait()
							if !all[i].done {
								t.Errorf("fetch %d waits", i)
							}
						}
					}
					synctest.Wait()
					for _, f := range all {
						l.wantFailed(f, fetch.ReasonAborted)
					}
					if len(l.inAir) > 0 || l.requests > 0 || l.sent > len(all) {
						t.Errorf("%d preflights, %d in the air, %d requests", l.sent, len(l.inAir), l.requests)
					}
					if n := l.client.Flights(); n != 0 {
						t.Errorf("%d flights are left", n)
					}
					sent := l.sent
					next := l.start(labRequest{})
					l.wantSent(sent+1, 1)
					l.reply(0, allow())
					l.wantOK(next)
				})
			})
		}
	}
}

// However many fetches come, send and are cancelled before there is an answer: one
// that has waited for three of them sends its own preflight.
//
// Source: Client.CoalescePreflights.
func TestCoalescePatience(t *testing.T) {
	const crowd = 50
	inLab(t, func(l *lab) {
		l.startAll(crowd, labRequest{})
		patient := l.start(labRequest{})
		cancelled := 0
		for {
			mine := -1
			for i, p := range l.inAir {
				if p.by == patient {
					mine = i
				}
			}
			if mine >= 0 {
				l.reply(mine, allow())
				break
			}
			if cancelled++; cancelled > 3 {
				t.Fatal("the patient fetch waits for a fourth one")
			}
			l.inAir[0].by.cancel(errPageLeft)
			synctest.Wait()
		}
		l.wantOK(patient)
		for _, f := range l.fetches[:crowd] {
			f.cancel(errPageLeft)
		}
	})
}

// CheckRequest decides about each fetch: neither does one that it refuses profit
// from the preflight of another one, nor the other way round.
//
// Source: Client.CheckRequest.
func TestCoalesceCheckRequest(t *testing.T) {
	errPolicy := errors.New("no images")
	policy := func(r *http.Request, p *fetch.Params) error {
		if p.Integrity != "" { // which no server gets to see
			return errPolicy
		}
		return nil
	}
	// slowly returns policy, whose refusals take until goOn is closed.
	slowly := func(goOn chan struct{}) func(*http.Request, *fetch.Params) error {
		return func(r *http.Request, p *fetch.Params) error {
			err := policy(r, p)
			if err != nil {
				<-goOn
			}
			return err
		}
	}
	refused := labRequest{params: &fetch.Params{Environment: app, Integrity: "sha256-AAAA"}, body: "body"}

	t.Run("one that waits", func(t *testing.T) {
		inLab(t, func(l *lab) {
			l.client.CheckRequest = policy
			leader, other := l.start(labRequest{}), l.start(refused)
			l.wantSent(1, 1)
			l.wantFailed(other, fetch.ReasonCheckRequest)
			if e := other.err; !e.Preflight || e.Err != errPolicy || e.Status != 0 {
				t.Errorf("the error is %+v", e)
			}
			if i := other.preflights; len(i) != 1 || i[0].Err != other.err || i[0].Shared {
				t.Errorf("the trace has the preflights %+v", i)
			}
			l.wantWaiting(leader)
			l.reply(0, allow())
			l.wantOK(leader)
		})
	})
	t.Run("the one that sends", func(t *testing.T) {
		inLab(t, func(l *lab) {
			goOn := make(chan struct{})
			l.client.CheckRequest = slowly(goOn)
			leader := l.start(refused)
			others := l.startAll(3, labRequest{})
			l.wantSent(0, 0)
			close(goOn)
			synctest.Wait()
			l.wantFailed(leader, fetch.ReasonCheckRequest)
			l.wantSent(1, 1)
			l.reply(0, allow())
			l.wantOK(others...)
		})
	})
	t.Run("one that the answer arrives for", func(t *testing.T) {
		inLab(t, func(l *lab) {
			goOn := make(chan struct{})
			l.client.CheckRequest = slowly(goOn)
			leader, other := l.start(labRequest{}), l.start(refused)
			l.reply(0, allow("Access-Control-Max-Age: 60"))
			l.wantOK(leader)
			l.wantWaiting(other)
			close(goOn)
			synctest.Wait()
			l.wantFailed(other, fetch.ReasonCheckRequest)
		})
	})
	t.Run("each is asked with its own", func(t *testing.T) {
		inLab(t, func(l *lab) {
			asked := make(map[*fetch.Params]string)
			l.client.CheckRequest = func(r *http.Request, p *fetch.Params) error {
				if r.Method == "OPTIONS" {
					asked[p] += r.Method + " " + r.URL.String() + " " + r.Header.Get("Access-Control-Request-Method")
					if r.Context().Value(userKey{}) == nil || fetch.FromContext(r.Context()) != p || r.Body != nil {
						t.Errorf("CheckRequest gets %+v", r)
					}
				}
				return nil
			}
			a := labRequest{url: labURL + "#a", params: &fetch.Params{Environment: app}}
			b := labRequest{url: labURL + "#b", params: &fetch.Params{Environment: app, Cache: fetch.CacheReload}}
			fetches := []*labFetch{l.start(a), l.start(b)}
			l.wantSent(1, 1)
			l.reply(0, allow())
			l.wantOK(fetches...)
			if asked[a.params] != "OPTIONS "+a.url+" PUT" || asked[b.params] != "OPTIONS "+b.url+" PUT" {
				t.Errorf("CheckRequest was asked about %v", asked)
			}
		})
	})
}

// A hook of one that waits may panic, too.
func TestCoalesceWaiterPanics(t *testing.T) {
	for _, stage := range []string{"CheckRequest", "Trace.CORSCheck", "Trace.Preflight"} {
		t.Run(stage, func(t *testing.T) {
			inLab(t, func(l *lab) {
				boom := func() { panic("boom") }
				r := labRequest{}
				switch stage {
				case "CheckRequest":
					l.client.CheckRequest = func(r *http.Request, _ *fetch.Params) error {
						if len(l.fetches) == 2 && r.Context().Value(userKey{}) == l.fetches[1] {
							boom()
						}
						return nil
					}
				case "Trace.CORSCheck":
					r.trace = &fetch.Trace{CORSCheck: func(fetch.CORSCheckInfo) { boom() }}
				case "Trace.Preflight":
					r.trace = &fetch.Trace{Preflight: func(fetch.PreflightInfo) { boom() }}
				}
				leader, victim, other := l.start(labRequest{}), l.start(r), l.start(labRequest{})
				l.reply(0, allow())
				l.wantOK(leader, other)
				l.wantSent(1, 0)
				if victim.panicked != "boom" {
					t.Errorf("panic with %v", victim.panicked)
				}
			})
		})
	}
}

// What Base fetches with the context of a preflight does not wait for it, nor for
// one that waits for it.
//
// Source: Client.CoalescePreflights.
func TestCoalesceNested(t *testing.T) {
	t.Run("itself", func(t *testing.T) {
		inLab(t, func(l *lab) {
			var nested error
			once := false
			l.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method == "OPTIONS" && !once {
					once = true
					var resp *fetch.Response
					if resp, nested = l.client.Fetch(newRequest(t, "PUT", labURL, nil).WithContext(r.Context()), &fetch.Params{Environment: app}); nested == nil {
						resp.Body.Close()
					}
				}
				return l.base.RoundTrip(r)
			})
			outer := l.start(labRequest{})
			l.wantSent(1, 1) // the nested one
			l.reply(0, allow("Access-Control-Max-Age: 0"))
			l.wantSent(2, 1)
			l.reply(0, allow())
			l.wantOK(outer)
			if !once || nested != nil {
				t.Errorf("nested fetch: %t, %v", once, nested)
			}
		})
	})
	t.Run("each other", func(t *testing.T) {
		inLab(t, func(l *lab) {
			const a, b = labURL + "/a", labURL + "/b"
			other := map[string]string{a: b, b: a}
			both := make(chan struct{})
			nested := 0
			l.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method == "OPTIONS" && r.Context().Value(nestedKey{}) == nil {
					<-both
					ctx := context.WithValue(r.Context(), nestedKey{}, true)
					resp, err := l.client.Fetch(newRequest(t, "PUT", other[r.URL.String()], nil).WithContext(ctx), &fetch.Params{Environment: app})
					if err != nil {
						return nil, err
					}
					resp.Body.Close()
					l.mu.Lock()
					nested++
					l.mu.Unlock()
				}
				return l.base.RoundTrip(r)
			})
			first, second := l.start(labRequest{url: a}), l.start(labRequest{url: b})
			close(both)
			synctest.Wait()
			for range 4 {
				l.reply(0, allow("Access-Control-Max-Age: 0"))
			}
			l.wantOK(first, second)
			if nested != 2 {
				t.Errorf("%d nested fetches; want 2", nested)
			}
		})
	})
	t.Run("after the preflight", func(t *testing.T) {
		// The context of the request itself is not special.
		inLab(t, func(l *lab) {
			l.client.Preflights = preflightcache.Disabled
			var ctx context.Context
			l.client.Base = roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.Method == "PUT" && ctx == nil {
					ctx = r.Context()
				}
				return l.base.RoundTrip(r)
			})
			first := l.start(labRequest{})
			l.reply(0, allow())
			l.wantOK(first)
			second := l.start(labRequest{})
			l.wantSent(2, 1)
			done := make(chan error)
			go func() {
				resp, err := l.client.Fetch(newRequest(t, "PUT", labURL, nil).WithContext(ctx), &fetch.Params{Environment: app})
				if err == nil {
					resp.Body.Close()
				}
				done <- err
			}()
			synctest.Wait()
			l.wantSent(2, 1)
			l.reply(0, allow())
			if err := <-done; err != nil {
				t.Error(err)
			}
			l.wantOK(second)
		})
	})
}

// nestedKey marks the context of a nested fetch.
type nestedKey struct{}
