package main

import (
	"cmp"
	"net/http"

	"github.com/corsengine/corsengine/corscheck"
	"github.com/corsengine/corsengine/fetch"
	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/corp"
)

// checked tells how a check ended.
func (s *story) checked(subject, outcome string) {
	result := "passed"
	if outcome != allowed {
		result = "FAILED"
	}
	s.say("%s: %s", subject, result)
}

func (s *story) corpCheck(c corpCheck, h http.Header) {
	s.checked("CORP check", c.Outcome)
	s.more("the page is of     %s", c.Origin)
	s.more("the answer is of   %s", c.AnswerOrigin)
	s.more("the answer says    %s", orMissing(h, resourcePolicy))
	if c.EmbedderPolicy != corp.UnsafeNone.String() {
		s.more("and the page says  Cross-Origin-Embedder-Policy: %s", c.EmbedderPolicy)
	}
}

// typeCheck tells whether the answer's MIME type suits the destination, if there
// is a rule for that.
func (s *story) typeCheck() {
	c := s.r.Type
	if c == nil {
		return
	}
	s.checked("MIME type check", c.Outcome)
	s.more("the page uses it as  %s", c.Destination)
	if c.ContentType == "" {
		s.more("the answer says      nothing: there is no %s", contentType)
	} else {
		s.more("the answer says      %s: %s", contentType, c.ContentType)
	}
	if c.Nosniff {
		s.more("and                  %s: nosniff", typeOptions)
	}
}

func (s *story) integrityCheck() {
	c := s.r.Integrity
	if c == nil {
		return
	}
	s.checked("Integrity check", c.Outcome)
	s.more("the page wants  %s", c.Wanted)
	s.more("the body is     %s", cmp.Or(c.Seen, "none that can be checked"))
}

func (s *story) corsCheck(i fetch.CORSCheckInfo) {
	subject := "CORS check"
	if i.Preflight {
		subject = "CORS check of the preflight"
	}
	s.checked(subject, i.Outcome.String())
	s.more("the request says  Origin: %s", i.Origin)
	s.more("the answer says   %s", orMissing(s.r.answer, allowOrigin))
	if i.Credentials && i.Outcome != corscheck.MissingAllowOrigin {
		s.more("and, for cookies  %s", orMissing(s.r.answer, allowCredentials))
	}
}

// orMissing returns the header as one line, or says that it is not there.
func orMissing(h http.Header, name string) string {
	value, ok := header.Get(h, name)
	if !ok {
		return "nothing: there is no " + name
	}
	return name + ": " + value
}
