package dataurl

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corsengine/corsengine/header"
	"github.com/corsengine/corsengine/internal/testtable"
	"github.com/corsengine/corsengine/internal/weburl"
)

// within reports whether part shares the memory of whole.
func within(whole, part string) bool {
	start := uintptr(unsafe.Pointer(unsafe.StringData(whole)))
	at := uintptr(unsafe.Pointer(unsafe.StringData(part)))
	return start <= at && at < start+uintptr(len(whole))
}

// slowProcess is the data: URL processor one step after the other, on code
// points. input is a serialized URL.
func slowProcess(input string) (mime header.MIME, body []byte, ok bool) {
	points := []rune(input)
	if i := slices.Index(points, '#'); i >= 0 {
		points = points[:i]
	}
	points = points[len("data:"):]
	position := 0
	var mimeType string
	for position < len(points) && points[position] != ',' {
		mimeType += string(points[position])
		position++
	}
	mimeType = strings.Trim(mimeType, "\t\n\f\r ")
	if position >= len(points) {
		return header.MIME{}, nil, false
	}
	position++
	body = slowPercentDecode(string(points[position:]))
	if regexp.MustCompile(`;\x20*(?i:base64)$`).MatchString(mimeType) {
		body, ok = slowBase64(isomorphicDecode(body))
		if !ok {
			return header.MIME{}, nil, false
		}
		mimeType = mimeType[:len(mimeType)-6]
		for strings.HasSuffix(mimeType, " ") {
			mimeType = mimeType[:len(mimeType)-1]
		}
		mimeType = mimeType[:len(mimeType)-1]
	}
	if strings.HasPrefix(mimeType, ";") {
		mimeType = "text/plain" + mimeType
	}
	mime, ok = header.ParseMIME(mimeType)
	if !ok {
		mime, _ = header.ExtractMIME(http.Header{"Content-Type": {"text/plain;charset=US-ASCII"}})
	}
	return mime, body, true
}

// slowPercentDecode is "percent-decode" of bytes.
func slowPercentDecode(input string) []byte {
	output := []byte{}
	for i := 0; i < len(input); i++ {
		if input[i] != '%' || i+2 >= len(input) || !strings.ContainsRune("0123456789ABCDEFabcdef", rune(input[i+1])) ||
			!strings.ContainsRune("0123456789ABCDEFabcdef", rune(input[i+2])) {
			output = append(output, input[i])
			continue
		}
		value := 0
		for _, digit := range strings.ToLower(input[i+1 : i+3]) {
			value = value*16 + strings.IndexRune("0123456789abcdef", digit)
		}
		output = append(output, byte(value))
		i += 2
	}
	return output
}

// isomorphicDecode returns a code point for each byte.
func isomorphicDecode(b []byte) []rune {
	points := make([]rune, len(b))
	for i, c := range b {
		points[i] = rune(c)
	}
	return points
}

// slowBase64 is "forgiving-base64 decode", with a number for each four letters.
func slowBase64(data []rune) (output []byte, ok bool) {
	var letters []rune
	for _, r := range data {
		if !strings.ContainsRune("\t\n\f\r ", r) {
			letters = append(letters, r)
		}
	}
	if n := len(letters); n > 0 && n%4 == 0 {
		if letters[n-1] == '=' && letters[n-2] == '=' {
			letters = letters[:n-2]
		} else if letters[n-1] == '=' {
			letters = letters[:n-1]
		}
	}
	if len(letters)%4 == 1 {
		return nil, false
	}
	buffer, bits := 0, 0
	for _, r := range letters {
		value := strings.IndexRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", r)
		if value < 0 {
			return nil, false
		}
		buffer, bits = buffer<<6|value, bits+6
		if bits == 24 {
			output = append(output, byte(buffer>>16), byte(buffer>>8), byte(buffer))
			buffer, bits = 0, 0
		}
	}
	switch bits {
	case 12:
		output = append(output, byte(buffer>>4))
	case 18:
		buffer >>= 2
		output = append(output, byte(buffer>>8), byte(buffer))
	}
	return output, true
}

func FuzzProcess(f *testing.F) {
	for _, c := range testtable.Load[urlIn, urlWant](f, "data-url.json") {
		f.Add(strings.TrimPrefix(c.In.URL, "data:"))
	}
	f.Fuzz(func(t *testing.T, rest string) {
		u, err := weburl.Parse("data:"+rest, nil)
		if err != nil {
			t.Skip()
		}
		mime, body, err := Process(u)
		wantMIME, wantBody, ok := slowProcess(u.String())
		if (err == nil) != ok || !bytes.Equal(body, wantBody) {
			t.Errorf("Process(%s) = %q, %v; want %q, %v", u, body, err, wantBody, ok)
		}
		if diff := cmp.Diff(wantMIME, mime, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("Process(%s): MIME type (-want +got):\n%s", u, diff)
		}
		if comma := strings.Contains(u.WithoutFragment(), ","); (err == ErrNoComma) == comma || err == ErrBase64 && !comma {
			t.Errorf("Process(%s): %v", u, err)
		}
	})
}

func FuzzForgivingBase64(f *testing.F) {
	for _, c := range testtable.Load[testtable.Bytes, *testtable.Bytes](f, "forgiving-base64.json") {
		f.Add([]byte(c.In))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, wantOK := slowBase64(isomorphicDecode(data))
		got, ok := forgivingBase64(bytes.Clone(data))
		if ok != wantOK || !bytes.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q, %v", data, got, ok, want, wantOK)
		}
	})
}
