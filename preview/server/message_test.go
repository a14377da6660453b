package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/preview/server"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
	"github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1/previewv1connect"
)

// TestMessageLimit: with every client a message over the limit is refused with
// the reason, also when it is small until unpacked; one below it is answered.
func TestMessageLimit(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo, MaxMessageBytes: 10_000})
	for protocol, ask := range clients(t, r.address) {
		below := ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: strings.Repeat("x", 9_900)}, nil)
		if below.response == nil {
			t.Errorf("%s, below: %+v", protocol, below)
		}
		for _, length := range []int{10_001, 1 << 20} {
			over := ask(t.Context(), &previewv1.PreviewQueryRequest{Sql: strings.Repeat(" ", length)}, nil)
			if over.code != "invalid_argument" || over.info.GetReason() != "SQL_TOO_LARGE" || over.detail.GetHint() == "" {
				t.Errorf("%s, %d bytes: %+v", protocol, length, over)
			}
		}
	}
}

// The limit holds where the request does not say how long it is.
func TestMessageLimitWithoutALength(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo, MaxMessageBytes: 10_000})
	for name, sql := range map[string]string{"below": strings.Repeat("x", 9_900), "over": strings.Repeat("x", 10_000)} {
		transport := &http.Transport{DialContext: dialer(r)}
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
			"http://localhost"+previewv1connect.PreviewServicePreviewQueryProcedure, io.MultiReader(strings.NewReader(`{"sql":"`+sql+`"}`)))
		if err != nil || request.ContentLength > 0 {
			t.Fatalf("%v, a length of %d", err, request.ContentLength)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got := jsonAnswer(t, content); (got.info.GetReason() == "SQL_TOO_LARGE") != (name == "over") {
			t.Errorf("%s: got %d %.200s", name, response.StatusCode, content)
		}
	}
	eventually(t, func() bool { return len(r.seen()) == 2 })
	outcomes := map[server.Outcome]reason.Reason{}
	for _, call := range r.seen() {
		outcomes[call.Outcome] = call.Reason
	}
	if len(outcomes) != 2 || outcomes[server.OutcomeRejected] != reason.SQLTooLarge {
		t.Errorf("observed %v", outcomes)
	}
}

// packed is a text in gzip.
func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	if _, err := io.WriteString(writer, text); err != nil || writer.Close() != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestMalformedMessages: what cannot be decoded is refused with a reason, and
// what a newer client adds is not.
func TestMalformedMessages(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo})
	text := func(number protowire.Number, value string) string {
		return string(protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), value))
	}
	zipped := map[string]string{"Content-Encoding": "gzip"}
	binary := map[string]string{"Content-Type": "application/proto"}
	for _, c := range []struct {
		name, body string
		header     map[string]string
		malformed  bool
		unobserved bool // without the reason: it is unpacked outside of the request
	}{
		{"half an object", `{"sql":`, nil, true, false},
		{"another type", `{"sql":1}`, nil, true, false},
		{"half a surrogate", `{"sql":"\ud800"}`, nil, true, false},
		{"JSON in no UTF-8", "{\"sql\":\"\xff\"}", nil, true, false},
		{"a list", `[]`, nil, true, false},
		{"nothing", ``, nil, true, false},
		{"an unknown key", `{"sql":"select 1","of_tomorrow":1}`, nil, false, false},
		{"JSON with a character set", `{"sql":1}`, map[string]string{"Content-Type": "application/json; charset=utf-8"}, true, false},
		{"Protobuf", text(2, "select 1"), binary, false, false},
		{"an unknown field", text(2, "select 1") + text(900, "of tomorrow"), binary, false, false},
		{"half a Protobuf", text(2, "select 1")[:4], binary, true, false},
		{"Protobuf in no UTF-8", text(2, "\xff"), binary, true, false},
		{"no Protobuf", "select 1", binary, true, false},
		{"packed", packed(t, `{"sql":"select 1"}`), zipped, false, false},
		{"packed and malformed", packed(t, `{"sql":1}`), zipped, true, false},
		{"not packed", `{"sql":"select 1"}`, zipped, true, true},
		{"half packed", packed(t, `{"sql":"select 1"}`)[:20], zipped, true, true},
	} {
		before := len(r.seen())
		status, content := post(t, r, "", c.header, c.body)
		eventually(t, func() bool { return len(r.seen()) > before })
		call := r.seen()[before]
		if !c.malformed {
			if status != http.StatusOK || call.Outcome != server.OutcomeOK {
				t.Errorf("%s: got %d %q, observed %s", c.name, status, content, call.Outcome)
			}
			continue
		}
		got := jsonAnswer(t, []byte(content))
		if status != http.StatusBadRequest || got.code != "invalid_argument" || got.info.GetReason() != "SQL_INVALID_TEXT" {
			t.Errorf("%s: got %d %s", c.name, status, content)
		}
		if call.Outcome != server.OutcomeRejected || call.Reason != reason.SQLInvalidText && !c.unobserved {
			t.Errorf("%s: observed %+v", c.name, call)
		}
	}
}

// rawCodec sends bytes as they are, in the name of Protobuf.
type rawCodec struct{}

func (rawCodec) Name() string                  { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (rawCodec) Unmarshal([]byte, any) error   { return nil }

func TestMalformedMessageOverGRPC(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo})
	message, answer := []byte("select 1"), []byte{}
	err := grpcConn(t, r).Invoke(t.Context(), previewv1connect.PreviewServicePreviewQueryProcedure, &message, &answer, grpc.ForceCodec(rawCodec{}))
	got := status.Convert(err)
	var info *errdetails.ErrorInfo
	for _, detail := range got.Details() {
		if d, ok := detail.(*errdetails.ErrorInfo); ok {
			info = d
		}
	}
	if got.Code() != codes.InvalidArgument || info.GetReason() != "SQL_INVALID_TEXT" {
		t.Errorf("got %v %v", got, info)
	}
}

// What comes before any message has the status of HTTP alone.
func TestBeforeAnyMessage(t *testing.T) {
	t.Parallel()
	r := start(t, "unix", server.Config{Previewer: echo, MaxMessageBytes: 100})
	for _, c := range []struct {
		name, contentType, body string
		want                    int
	}{
		{"another content type", "text/plain", "select 1", http.StatusUnsupportedMediaType},
		{"another content type, too long", "text/plain", strings.Repeat(" ", 200), http.StatusRequestEntityTooLarge},
	} {
		if got, _ := post(t, r, "", map[string]string{"Content-Type": c.contentType}, c.body); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}
