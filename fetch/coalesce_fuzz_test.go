package fetch_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/preflightcache"
)

// crowdLatency is the longest time that a server of a crowd takes.
const crowdLatency = 40 * time.Millisecond

// crowdServers are what a crowd fetches, by path. What each says depends on nothing
// but the request.
var crowdServers = map[string]struct {
	latency            time.Duration
	preflight, request labAnswer
}{
	"/ok":       {10 * time.Millisecond, allow("Access-Control-Max-Age: 1"), allow()},
	"/slow":     {crowdLatency, allow("Access-Control-Max-Age: 1"), allow()},
	"/again":    {10 * time.Millisecond, allow("Access-Control-Max-Age: 0"), allow()},
	"/at-once":  {0, allow("Access-Control-Max-Age: 0"), allow()},
	"/unshared": {5 * time.Millisecond, says(200), allow()},
	"/broken":   {20 * time.Millisecond, says(503, share().lines...), allow()},
	"/no-put":   {10 * time.Millisecond, shareLines("DELETE"), allow()},
	"/reset":    {10 * time.Millisecond, fails, allow()},
	"/panic":    {10 * time.Millisecond, func() (*http.Response, error) { panic("Base") }, allow()},
	"/changed":  {10 * time.Millisecond, allow("Access-Control-Max-Age: 1"), says(200)},
	"/moved":    {10 * time.Millisecond, allow("Access-Control-Max-Age: 1"), allow("Location: /ok")},
}

func shareLines(methods string) labAnswer {
	return says(200, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: *", "Access-Control-Allow-Methods: "+methods)
}

// A crowdBase answers like the servers, and counts preflights.
type crowdBase struct {
	mu    sync.Mutex
	inAir map[string]int // preflights, by what makes them equal
	twice int            // times that two equal preflights were in the air
	reset int            // preflights of live fetches without response
}

func (b *crowdBase) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	s := crowdServers[r.URL.Path]
	answer := s.request
	if r.Header["Access-Control-Request-Method"] != nil {
		answer = s.preflight
		var wire strings.Builder
		r.Header.Write(&wire)
		include := fetch.FromContext(r.Context()).Credentials == fetch.CredentialsInclude // not on the wire
		key := fmt.Sprint(r.URL, "\n", wire.String(), include)
		b.mu.Lock()
		if b.inAir[key]++; b.inAir[key] == 2 {
			b.twice++
		}
		b.mu.Unlock()
		defer func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.inAir[key]--
		}()
	}
	select {
	case <-time.After(s.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	resp, err := answer()
	if resp != nil && r.URL.Path == "/moved" && r.Method != "OPTIONS" {
		resp.StatusCode = 307
	}
	if err != nil && r.Context().Err() == nil {
		b.mu.Lock()
		b.reset++
		b.mu.Unlock()
	}
	return resp, err
}

// crowdRequest returns a request out of not too many.
func crowdRequest(rng *rand.Rand, paths []string) labRequest {
	r := labRequest{
		method:    []string{"PUT", "PUT", "DELETE"}[rng.IntN(3)],
		url:       "https://api.example" + paths[rng.IntN(len(paths))],
		params:    &fetch.Params{Environment: app},
		transport: rng.IntN(4) == 0,
	}
	if rng.IntN(3) == 0 {
		r.body = "body"
	}
	if rng.IntN(4) == 0 {
		r.lines = []string{"X-A: a"}
	}
	if rng.IntN(8) == 0 {
		r.params.Credentials = fetch.CredentialsInclude // for which * is no answer
	}
	if rng.IntN(8) == 0 {
		r.params.Environment = page("https://other.example")
	}
	if rng.IntN(8) == 0 {
		r.params.Integrity = "sha256-AAAA" // which crowdPolicy refuses
	}
	return r
}

var errCrowd = errors.New("refused to some")

func crowdPolicy(_ *http.Request, p *fetch.Params) error {
	if p.Integrity != "" {
		return errCrowd
	}
	return nil
}

// crowdResult returns what became of a fetch.
func crowdResult(f *labFetch) []string {
	switch {
	case f.panicked != nil:
		return []string{"panic", fmt.Sprint(f.panicked)}
	case f.err != nil && f.err.Reason == fetch.ReasonCheckRequest:
		// The preflight, or the request after a grant that was cached.
		return []string{string(f.err.Reason), f.err.URL, f.err.Err.Error()}
	case f.err != nil:
		return errorFields(f.err)
	}
	return []string{"status", fmt.Sprint(f.status)}
}

// FuzzCoalesce has a crowd fetch at random moments, some of it cancelled at random
// moments, in virtual time. The oracle is the same fetch alone, without coalescing
// and not cancelled: whoever is not cancelled gets exactly that, and not much
// later; whoever is gets that or has been aborted.
//
// Source: Client.CoalescePreflights.
func FuzzCoalesce(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var paths []string
		for path := range crowdServers {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		rng.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		paths = paths[:1+rng.IntN(3)]
		if slices.Contains(paths, "/moved") {
			paths = append(paths, "/ok")
		}
		cancelOneIn := 1 + rng.IntN(6) // 1: nobody, so that equal ones can be counted
		moment := func(before time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(before))) }
		spread := time.Duration(1+rng.IntN(60)) * time.Millisecond
		inLab(t, func(l *lab) {
			base := &crowdBase{inAir: make(map[string]int)}
			l.base.next = base
			l.client.CheckRequest = crowdPolicy
			alone := &lab{t: t, client: &fetch.Client{Base: &crowdBase{inAir: make(map[string]int)}, Preflights: preflightcache.Disabled, CheckRequest: crowdPolicy}}
			type member struct {
				r         labRequest
				start     time.Duration
				cancelled time.Duration // 0 for not at all
				f, oracle *labFetch
				took, due time.Duration
			}
			var wg sync.WaitGroup
			crowd := make([]*member, 4+rng.IntN(40))
			for i := range crowd {
				m := &member{r: crowdRequest(rng, paths), start: moment(spread)}
				if cancelOneIn > 1 && rng.IntN(cancelOneIn) == 0 {
					m.cancelled = 1 + moment(3*crowdLatency)
				}
				crowd[i] = m
				began := time.Now()
				m.oracle = alone.prepare(m.r)
				<-m.oracle.ended
				m.due = time.Since(began)
			}
			for _, m := range crowd {
				wg.Go(func() {
					time.Sleep(m.start)
					began := time.Now()
					l.mu.Lock()
					m.f = l.prepare(m.r)
					l.mu.Unlock()
					if m.cancelled > 0 {
						late := time.AfterFunc(m.cancelled, func() { m.f.cancel(errPageLeft) })
						defer late.Stop()
					}
					<-m.f.ended
					m.took = time.Since(began)
				})
			}
			wg.Wait()
			synctest.Wait()

			resets, refused := 0, false
			for i, m := range crowd {
				got, want := crowdResult(m.f), crowdResult(m.oracle)
				aborted := m.f.err != nil && m.f.err.Reason == fetch.ReasonAborted
				if m.f.err != nil && m.f.err.Reason == fetch.ReasonTransport {
					resets++
				}
				refused = refused || m.r.params.Integrity != ""
				switch {
				case aborted && m.f.ctx.Err() != nil:
					if !errors.Is(m.f.err, errPageLeft) || m.took > m.cancelled {
						t.Errorf("fetch %d was cancelled after %v and failed after %v with %v", i, m.cancelled, m.took, m.f.err)
					}
				case !cmp.Equal(want, got):
					t.Errorf("fetch %d of %s %s, alone:\n\t%q\ntogether:\n\t%q", i, m.r.method, m.r.url, want, got)
				case m.took > m.due+6*crowdLatency: // three flights on each of two hops
					t.Errorf("fetch %d of %s %s took %v; alone it takes %v", i, m.r.method, m.r.url, m.took, m.due)
				}
				hops := 0
				for _, info := range m.f.preflights {
					if info.Shared && info.Cached {
						t.Errorf("fetch %d has the preflight %+v", i, info)
					}
					hops++
				}
				if want := len(m.oracle.preflights); !aborted && hops != want || hops > max(want, 1) {
					t.Errorf("fetch %d traces %d preflights; want %d", i, hops, want)
				}
			}
			if resets != base.reset {
				t.Errorf("%d preflights got no response, and %d fetches say so", base.reset, resets)
			}
			// Where a fetch loses its patience, or each has to send its own, there may be two.
			losing := slices.ContainsFunc(paths, func(path string) bool {
				return path == "/reset" || path == "/panic" || path == "/at-once"
			})
			if base.twice > 0 && cancelOneIn == 1 && !refused && !losing {
				t.Errorf("equal preflights were in the air %d times, and none was lost", base.twice)
			}
		})
	})
}
