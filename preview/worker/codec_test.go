package worker

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// keyLine is a line of a file of keys: the key is the byte n, then others.
func keyLine(id string, n byte) string {
	key := bytes.Repeat([]byte{n, 7}, keyBytes/2)
	return id + " " + base64.StdEncoding.EncodeToString(key) + "\n"
}

// keysOf reads keys from a file with the lines.
func keysOf(t *testing.T, lines ...string) (keys *Keys, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := ReadKeys(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return keys, path
}

// in is the codec of a workflow.
func (c *Codec) in(workflowID string) *Codec {
	return c.WithSerializationContext(converter.WorkflowSerializationContext{WorkflowID: workflowID}).(*Codec)
}

func plainPayload() *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("binary/protobuf")}, Data: []byte("select secret from rows")}
}

func encode(t *testing.T, c *Codec) *commonpb.Payload {
	t.Helper()
	out, err := c.Encode([]*commonpb.Payload{plainPayload()})
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// TestCodecBinds: a payload decrypts in its own workflow, organization and namespace
// with its own key, as it was, and nowhere else.
func TestCodecBinds(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1), keyLine("b", 2))
	swapped, _ := keysOf(t, keyLine("a", 2), keyLine("b", 1))
	codec := NewCodec(keys, "acme", "default")
	sealed := encode(t, codec.in("w1"))
	if bytes.Contains(sealed.GetData(), []byte("secret")) {
		t.Error("the data is readable")
	}
	if again := encode(t, codec.in("w1")); bytes.Equal(again.GetData(), sealed.GetData()) {
		t.Error("the same text is encrypted to the same bytes")
	}
	changed := func(f func(*commonpb.Payload)) *commonpb.Payload {
		out := proto.Clone(sealed).(*commonpb.Payload)
		f(out)
		return out
	}
	withMetadata := func(name, value string) *commonpb.Payload {
		return changed(func(p *commonpb.Payload) { p.Metadata[name] = []byte(value) })
	}
	cases := map[string]struct {
		codec   *Codec
		payload *commonpb.Payload
		want    error
	}{
		"its own":                        {codec.in("w1"), sealed, nil},
		"where no workflow is known":     {codec, sealed, nil},
		"another workflow":               {codec.in("w2"), sealed, errOtherWorkflow},
		"another workflow's name":        {codec.in("w2"), withMetadata(metadataWorkflow, "w2"), errTampered},
		"another name, none known":       {codec, withMetadata(metadataWorkflow, "w2"), errTampered},
		"another organization":           {NewCodec(keys, "other", "default").in("w1"), sealed, errTampered},
		"another namespace":              {NewCodec(keys, "acme", "prod").in("w1"), sealed, errTampered},
		"organization and namespace cut": {NewCodec(keys, "acmed", "efault").in("w1"), sealed, errTampered},
		"as another kind":                {codec.in("w1"), withMetadata(metadataKind, kindResult), errTampered},
		"as a failure":                   {codec.in("w1"), withMetadata(metadataKind, kindFailure), errTampered},
		"of no kind":                     {codec.in("w1"), changed(func(p *commonpb.Payload) { delete(p.Metadata, metadataKind) }), errTampered},
		"kind and key's id cut": {codec.in("w1"), changed(func(p *commonpb.Payload) {
			p.Metadata[metadataKind] = []byte("put")
			p.Metadata[metadataKeyID] = []byte("ain")
		}), errKeyID},
		"where failures are read":        {codec.in("w1").forFailures(), sealed, errOtherKind},
		"another key's id":               {codec.in("w1"), withMetadata(metadataKeyID, "b"), errTampered},
		"keys with each other's ids":     {NewCodec(swapped, "acme", "default").in("w1"), withMetadata(metadataKeyID, "b"), errTampered},
		"a key that is not there":        {codec.in("w1"), withMetadata(metadataKeyID, "c"), errKeyID},
		"no key's id":                    {codec.in("w1"), changed(func(p *commonpb.Payload) { delete(p.Metadata, metadataKeyID) }), errKeyID},
		"not encrypted":                  {codec.in("w1"), plainPayload(), errNotEncrypted},
		"not encrypted, with a key's id": {codec.in("w1"), withMetadata("encoding", "binary/protobuf"), errNotEncrypted},
		"nothing":                        {codec.in("w1"), &commonpb.Payload{}, errNotEncrypted},
		"nil":                            {codec.in("w1"), nil, errNotEncrypted},
		"no data":                        {codec.in("w1"), changed(func(p *commonpb.Payload) { p.Data = nil }), errTampered},
		"a nonce alone":                  {codec.in("w1"), changed(func(p *commonpb.Payload) { p.Data = p.Data[:12] }), errTampered},
	}
	for i := range sealed.GetData() {
		cases["one bit of byte "+string(rune('0'+i%10))+"/"+strings.Repeat("x", i/10)] = struct {
			codec   *Codec
			payload *commonpb.Payload
			want    error
		}{codec.in("w1"), changed(func(p *commonpb.Payload) { p.Data[i] ^= 1 }), errTampered}
	}
	for name, tc := range cases {
		out, err := tc.codec.Decode([]*commonpb.Payload{tc.payload})
		if !errors.Is(err, tc.want) || tc.want == nil && !proto.Equal(out[0], withKind(plainPayload(), kindInput)) {
			t.Errorf("%s: got %v, %v", name, out, err)
		}
	}
}

// TestCodecKinds: a payload keeps the kind that it was encrypted as, the workflow that
// hands it on included, and is read as nothing else.
func TestCodecKinds(t *testing.T) {
	keys, _ := keysOf(t, keyLine("a", 1))
	codec := NewCodec(keys, "acme", "default").in("w")
	data, failures := newDataConverter(codec), newDataConverter(codec.forFailures())
	seal := func(c converter.DataConverter, value any) *commonpb.Payload {
		t.Helper()
		payload, err := c.ToPayload(value)
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	sealed := map[string]*commonpb.Payload{
		kindInput:   seal(data, input(nil)),
		kindResult:  seal(data, &previewv1.PreviewQueryResponse{RequestId: "r"}),
		kindFailure: seal(failures, &previewv1.PreviewQueryWorkflowFailure{Message: "m"}),
	}
	sealed["an input that is no message"] = seal(data, map[string]string{"orgId": "acme"})
	sealed["an answer as a failure"] = seal(failures, &previewv1.PreviewQueryResponse{RequestId: "r"})
	for name, payload := range sealed {
		kind := map[string]string{"an input that is no message": kindInput, "an answer as a failure": kindFailure}[name]
		if kind == "" {
			kind = name
		}
		if got := string(payload.GetMetadata()[metadataKind]); got != kind {
			t.Errorf("%s was encrypted as %q", name, got)
		}
		var raw converter.RawValue
		if err := data.FromPayload(payload, &raw); (err == nil) != (kind != kindFailure) {
			t.Errorf("%s is handed on: %v", name, err)
		}
		if kind != kindFailure {
			for _, handedOn := range []*commonpb.Payload{payload, seal(data, raw)} {
				if err := data.FromPayload(handedOn, &raw); err != nil || string(handedOn.GetMetadata()[metadataKind]) != kind {
					t.Errorf("%s becomes %s: %v", name, handedOn.GetMetadata()[metadataKind], err)
				}
				if _, err := readInput(raw.Payload()); (err == nil) != (kind == kindInput) {
					t.Errorf("%s is read as an input: %v", name, err)
				}
			}
		}
		var response previewv1.PreviewQueryResponse
		for i, err := range []error{
			data.FromPayload(payload, &response),
			data.FromPayloads(&commonpb.Payloads{Payloads: []*commonpb.Payload{payload}}, &response),
		} {
			if (err == nil) != (kind == kindResult) {
				t.Errorf("%s is read as a result (%d): %v", name, i, err)
			}
		}
		var failure previewv1.PreviewQueryWorkflowFailure
		if err := failures.FromPayload(payload, &failure); (err == nil) != (kind == kindFailure) {
			t.Errorf("%s is read as a failure: %v", name, err)
		}
	}
	// A payload of no kind that there is, by someone who has the keys.
	for _, kind := range []string{"", "inputs", "INPUT"} {
		payload := withKind(plainPayload(), kind)
		payload.Metadata[metadataKind] = []byte(kind)
		out, err := codec.Encode([]*commonpb.Payload{payload})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := codec.Decode(out); kind != "" && !errors.Is(err, errOtherKind) {
			t.Errorf("the kind %q decrypts: %v", kind, err)
		}
	}
}

// TestCodecRotates: the file is read again when it changes; a file with a fault
// leaves the last good keys in force, and is reported.
func TestCodecRotates(t *testing.T) {
	var reported []string
	path := filepath.Join(t.TempDir(), "keys")
	write := func(lines ...string) {
		t.Helper()
		next := path + ".new" // renamed, as secrets are rotated
		if err := os.WriteFile(next, []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, path); err != nil {
			t.Fatal(err)
		}
	}
	write(keyLine("old", 1))
	keys, err := ReadKeys(path, func(err error) { reported = append(reported, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	codec := NewCodec(keys, "acme", "default").in("w")
	before := encode(t, codec)
	write(keyLine("old", 1), keyLine("new", 2))
	if got := encode(t, codec).GetMetadata()[metadataKeyID]; string(got) != "old" {
		t.Errorf("encrypts with %s", got)
	}
	write(keyLine("new", 2), keyLine("old", 1))
	after := encode(t, codec)
	if got := after.GetMetadata()[metadataKeyID]; string(got) != "new" {
		t.Errorf("encrypts with %s", got)
	}
	write("not a key\n")
	if _, err := codec.Decode([]*commonpb.Payload{before, after}); err != nil {
		t.Errorf("with a broken file: %v", err)
	}
	if len(reported) != 1 {
		t.Errorf("reported %q", reported)
	}
	write(keyLine("new", 2))
	if _, err := codec.Decode([]*commonpb.Payload{before}); !errors.Is(err, errKeyID) {
		t.Errorf("a key that was taken out: %v", err)
	}
}

// TestParseKeys: what is wrong with a file of keys is said with its line, and quotes
// no key.
func TestParseKeys(t *testing.T) {
	good := keyLine("a", 1)
	for name, tc := range map[string]struct{ content, fault string }{
		"good":           {"# a comment\n\n" + good, ""},
		"Windows's ends": {strings.ReplaceAll(good, "\n", "\r\n"), ""},
		"empty":          {"", "holds no key"},
		"comments only":  {"# x\n", "holds no key"},
		"an id alone":    {"hunter2\n", "line 1"},
		"three words":    {good + "b hunter2 hunter2\n", "line 2"},
		"too short":      {"a aHVudGVyMg==\n", "openssl rand -base64 32"},
		"not base64":     {"a hunter2!\n", "openssl rand -base64 32"},
		"URL's base64":   {"a " + strings.Repeat("-_", 22) + "\n", "openssl rand -base64 32"},
		"one byte":       {"a " + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n", "over and over"},
		"one id twice":   {good + good, "earlier line"},
		"a hostile id":   {"a\x1b[31m " + strings.Fields(good)[1] + "\n", "line 1"},
	} {
		_, err := parseKeys(tc.content)
		if (err == nil) != (tc.fault == "") || err != nil && (!strings.Contains(err.Error(), tc.fault) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
