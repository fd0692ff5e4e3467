package valkeycache

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	type step struct {
		wait time.Duration
		do   string // what is done, see below
		ok   bool   // what allow is to say, or whether done is to say that it opened
	}
	const cooldown = time.Second
	var (
		fail    = step{do: "fail"}
		open    = step{do: "fail", ok: true}
		succeed = step{do: "succeed"}
		admit   = step{do: "admit", ok: true}
		reject  = step{do: "admit"}
		probe   = step{do: "probe", ok: true}
		later   = step{wait: cooldown}
	)
	tests := []struct {
		name  string
		steps []step
	}{
		{"closed at first", []step{admit, admit}},
		{"failures in a row open it", []step{fail, fail, admit, open, reject, reject}},
		{"a success in between does not", []step{fail, fail, succeed, fail, fail, admit}},
		{"neutral ones do not count", []step{fail, {do: "neutral"}, fail, {do: "neutral"}, admit, open, reject}},
		{"one probe after the cooldown", []step{fail, fail, open, {wait: cooldown - 1}, reject, {wait: 1}, probe, reject}},
		{"a probe that succeeds", []step{fail, fail, open, later, probe, {do: "probe succeeds"}, admit, fail, fail, admit}},
		{"a probe that fails", []step{fail, fail, open, later, probe, {do: "probe fails", ok: true}, reject, later, probe}},
		{"a probe that is given up", []step{fail, fail, open, later, probe, {do: "probe neutral"}, probe}},
		{"others that end later", []step{fail, fail, open, fail, {wait: cooldown - 1}, fail, {wait: 1}, probe, reject}},
		{"another that succeeds later", []step{fail, fail, open, succeed, admit}},
		{"another that fails during a probe", []step{fail, fail, open, later, probe, fail, reject, {do: "probe succeeds"}, admit}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)
			b := &breaker{now: func() time.Time { return now }, cooldown: cooldown}
			for i, s := range tt.steps {
				now = now.Add(s.wait)
				var got bool
				switch s.do {
				case "admit", "probe":
					var isProbe bool
					if got, isProbe = b.allow(); got && isProbe != (s.do == "probe") {
						t.Errorf("step %d: probe is %t", i, isProbe)
					}
				case "fail":
					got = b.done(failure, false)
				case "succeed":
					got = b.done(success, false)
				case "neutral":
					got = b.done(neutral, false)
				case "probe fails":
					got = b.done(failure, true)
				case "probe succeeds":
					got = b.done(success, true)
				case "probe neutral":
					got = b.done(neutral, true)
				}
				if got != s.ok {
					t.Errorf("step %d, %s: %t; want %t", i, s.do, got, s.ok)
				}
			}
		})
	}
}
