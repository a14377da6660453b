package worker

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

const aReadersToken = "reader-token-0123456789"

func newCodecHandler(t *testing.T, codec *Codec) http.Handler {
	t.Helper()
	tokens := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(tokens, []byte("another-token-0123456789\n"+aReadersToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	handler, err := CodecHandler(CodecHandlerConfig{Codec: codec, TokenFile: tokens, Origins: []string{"https://temporal.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// post sends payloads as Temporal's page does; change may change the request.
func post(handler http.Handler, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/decode", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+aReadersToken)
	request.Header.Set("X-Namespace", "default")
	if change != nil {
		change(request)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

// TestCodecHandlerDecodes: encrypted messages are handed out as JSON, and the rest as
// it came.
func TestCodecHandlerDecodes(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	other, _ := keysOf(t, keyLine("z", 9))
	codec := NewCodec(keys, "acme", "default")
	sealedInput, err := newDataConverter(codec.in("w")).ToPayload(&previewv1.PreviewQueryWorkflowInput{Sql: "select 1"})
	if err != nil {
		t.Fatal(err)
	}
	foreign := encode(t, NewCodec(other, "acme", "default").in("w"))
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: []*commonpb.Payload{sealedInput, plainPayload(), foreign}})
	if err != nil {
		t.Fatal(err)
	}
	answer := post(newCodecHandler(t, codec), string(body), nil)
	var got commonpb.Payloads
	if err := protojson.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	if first := got.GetPayloads()[0]; string(first.GetMetadata()["encoding"]) != "json/protobuf" || !strings.Contains(string(first.GetData()), "select 1") {
		t.Errorf("the input: %v", first)
	}
	if !proto.Equal(got.GetPayloads()[1], plainPayload()) || !proto.Equal(got.GetPayloads()[2], foreign) {
		t.Errorf("the others: %v", got.GetPayloads()[1:])
	}
}

// TestCodecHandlerRefuses: without a token of the file nothing is decrypted, from a
// page that is not in the list neither.
func TestCodecHandlerRefuses(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	codec := NewCodec(keys, "acme", "default")
	sealed, err := protojson.Marshal(&commonpb.Payloads{Payloads: []*commonpb.Payload{encode(t, codec.in("w"))}})
	if err != nil {
		t.Fatal(err)
	}
	handler := newCodecHandler(t, codec)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, tc := range map[string]struct {
		body   string
		change func(*http.Request)
		status int
	}{
		"good":                  {string(sealed), nil, http.StatusOK},
		"its page":              {string(sealed), header("Origin", "https://temporal.example.com"), http.StatusOK},
		"no token":              {string(sealed), func(r *http.Request) { r.Header.Del("Authorization") }, http.StatusUnauthorized},
		"a wrong token":         {string(sealed), header("Authorization", "Bearer reader-token-012345678"), http.StatusUnauthorized},
		"an empty token":        {string(sealed), header("Authorization", "Bearer "), http.StatusUnauthorized},
		"both tokens":           {string(sealed), header("Authorization", "Bearer another-token-0123456789\n"+aReadersToken), http.StatusUnauthorized},
		"two headers":           {string(sealed), func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }, http.StatusUnauthorized},
		"another scheme":        {string(sealed), header("Authorization", "Basic "+aReadersToken), http.StatusUnauthorized},
		"another page":          {string(sealed), header("Origin", "https://evil.example.com"), http.StatusForbidden},
		"a page of the null":    {string(sealed), header("Origin", "null"), http.StatusForbidden},
		"a page as a prefix":    {string(sealed), header("Origin", "https://temporal.example.com.evil.com"), http.StatusForbidden},
		"another namespace":     {string(sealed), header("X-Namespace", "prod"), http.StatusBadRequest},
		"a form":                {string(sealed), header("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		"no JSON":               {"{", nil, http.StatusBadRequest},
		"too many":              {`{"payloads":[` + strings.Repeat("{},", maxCodecPayloads) + "{}]}", nil, http.StatusBadRequest},
		"much structure":        {`{"payloads":[{"metadata":{` + strings.TrimSuffix(strings.Repeat(`"a":"",`, maxCodecStructure/2), ",") + "}}]}", nil, http.StatusBadRequest},
		"structure in a string": {`{"payloads":[{"data":"","metadata":{"` + strings.Repeat(`{[,:\"`, maxCodecStructure) + `":""}}]}`, nil, http.StatusOK},
		"too large":             {`{"payloads":[{"data":"` + strings.Repeat("A", maxCodecBody) + `"}]}`, nil, http.StatusRequestEntityTooLarge},
		"encode":                {string(sealed), func(r *http.Request) { r.URL.Path = "/encode" }, http.StatusNotFound},
		"decode by a GET":       {string(sealed), func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"another path's ends":   {string(sealed), func(r *http.Request) { r.URL.Path = "/x/decode" }, http.StatusNotFound},
		"a token of the query":  {string(sealed), func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "token=" + aReadersToken }, http.StatusUnauthorized},
	} {
		answer := post(handler, tc.body, tc.change)
		if answer.Code != tc.status {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
		if tc.status != http.StatusOK && strings.Contains(answer.Body.String(), base64.StdEncoding.EncodeToString([]byte("select secret"))[:12]) {
			t.Errorf("%s: was decrypted", name)
		}
		if allowed := answer.Header().Get("Access-Control-Allow-Origin"); allowed != "" && allowed != "https://temporal.example.com" {
			t.Errorf("%s: lets %s read", name, allowed)
		}
	}
	preflight := post(handler, "", func(r *http.Request) {
		r.Method = http.MethodOptions
		r.Header.Del("Authorization")
		r.Header.Set("Origin", "https://temporal.example.com")
	})
	if preflight.Code != http.StatusNoContent || preflight.Header().Get("Access-Control-Allow-Headers") == "" {
		t.Errorf("preflight: %d %v", preflight.Code, preflight.Header())
	}
}

// TestCodecHandlerNeedsTokens: a file without good tokens is a fault at the start, and
// later refuses everybody.
func TestCodecHandlerNeedsTokens(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	codec := NewCodec(keys, "acme", "default")
	path := filepath.Join(t.TempDir(), "tokens")
	for i, content := range []string{"", " \n", "short\n", aReadersToken + "\nshort"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := CodecHandler(CodecHandlerConfig{Codec: codec, TokenFile: path}); err == nil {
			t.Error(fmt.Sprint(i), "no fault")
		}
	}
	if err := os.WriteFile(path, []byte(aReadersToken), 0o600); err != nil {
		t.Fatal(err)
	}
	handler, err := CodecHandler(CodecHandlerConfig{Codec: codec, TokenFile: path})
	if err != nil {
		t.Fatal(err)
	}
	if answer := post(handler, "{}", nil); answer.Code != http.StatusOK {
		t.Errorf("with the file: %d %s", answer.Code, answer.Body)
	}
	// A token that was taken out is good no more, whatever the file's time and size say.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ToUpper(aReadersToken)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if answer := post(handler, "{}", nil); answer.Code != http.StatusUnauthorized {
		t.Errorf("with another token: %d %s", answer.Code, answer.Body)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if answer := post(handler, "{}", nil); answer.Code != http.StatusUnauthorized {
		t.Errorf("with a broken file: %d %s", answer.Code, answer.Body)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if answer := post(handler, "{}", nil); answer.Code != http.StatusUnauthorized {
		t.Errorf("without the file: %d", answer.Code)
	}
	for _, origin := range []string{"*", "https://*.example.com", "temporal.example.com", "https://temporal.example.com/"} {
		if _, err := CodecHandler(CodecHandlerConfig{Codec: codec, TokenFile: path, Origins: []string{origin}}); err == nil {
			t.Errorf("the origin %s is no fault", origin)
		}
	}
}
