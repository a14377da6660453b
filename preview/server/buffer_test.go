package server

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// writeSizes records the sizes of the writes that reach it.
type writeSizes struct {
	*httptest.ResponseRecorder
	sizes []int
}

func (p *writeSizes) Write(b []byte) (int, error) {
	p.sizes = append(p.sizes, len(b))
	return p.ResponseRecorder.Write(b)
}

func TestResponseIsWrittenAtOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		message int
		want    []int
	}{
		{"nothing", 0, []int{5}},
		{"one row", 500, []int{505}},
		{"100 rows", 12_000, []int{12_005}},
		{"as much as fits", bufferBytes - 5, []int{bufferBytes}},
		{"more", 3 * bufferBytes, []int{bufferBytes, 2*bufferBytes + 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			message := bytes.Repeat([]byte{'m'}, c.message)
			handler := bufferResponse(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if _, ok := w.(http.Flusher); ok {
					t.Error("the handler can flush a part of the response")
				}
				io.WriteString(w, "12345")
				w.Write(message)
				w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
			}))
			for range 2 { // the second gets the buffer of the first
				p := &writeSizes{ResponseRecorder: httptest.NewRecorder()}
				handler.ServeHTTP(p, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
				if !slices.Equal(p.sizes, c.want) || p.Body.String() != "12345"+string(message) {
					t.Errorf("wrote %v, want %v", p.sizes, c.want)
				}
			}
		})
	}
}
