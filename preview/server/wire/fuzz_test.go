package wire

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/op-data/sqlpreview/preview"
	previewv1 "github.com/op-data/sqlpreview/proto/gen/opdata/preview/v1"
)

// FuzzRequest: any bytes that decode as a request, in the binary form or as
// JSON, convert to one whose bounds are no wider than the promise's, and whose
// text is the one that was sent.
func FuzzRequest(f *testing.F) {
	for _, r := range []*previewv1.PreviewQueryRequest{
		{}, {Sql: "select 1", ConnectionId: "default", MaxRows: 1 << 31, Timeout: durationpb.New(time.Hour)},
		{Sql: "select 'é'", RequestId: "r", Timeout: &durationpb.Duration{Seconds: -1, Nanos: -5}}, {Timeout: &durationpb.Duration{Seconds: 1 << 62, Nanos: 1 << 30}},
	} {
		binary, err := proto.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(binary, false)
	}
	for _, text := range []string{`{"sql":"select 1","maxRows":4294967295,"timeout":"315576000000s"}`, `{"sql":"\u0000","maxRows":"7"}`, `{"timeout":"-1s"}`, `{"unknown":[]}`} {
		f.Add([]byte(text), true)
	}
	for i, sql := range collected(f, "../../../testdata") {
		r := &previewv1.PreviewQueryRequest{Sql: sql, ConnectionId: "default", RequestId: sql[:min(len(sql), 8)], MaxRows: uint32(i)}
		encode := proto.Marshal
		if i%2 == 1 {
			encode = protojson.Marshal
		}
		if body, err := encode(r); err == nil { // a request id cut inside a character is no text
			f.Add(body, i%2 == 1)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, asJSON bool) {
		var message previewv1.PreviewQueryRequest
		decode := proto.Unmarshal
		if asJSON {
			decode = protojson.Unmarshal
		}
		if decode(body, &message) != nil {
			return
		}
		r := PreviewRequest(&message)
		if r.MaxRows < 0 || r.MaxRows > preview.HardMaxRows {
			t.Errorf("%d rows", r.MaxRows)
		}
		if r.SQL != message.GetSql() || r.ConnectionID != cmp.Or(message.GetConnectionId(), preview.DefaultConnectionID) {
			t.Errorf("the text or the id changed: %+v", r)
		}
		if d := (DescribeRequest(&previewv1.DescribeQueryRequest{Sql: message.GetSql(), Timeout: message.GetTimeout()})); d.SQL != r.SQL || d.Timeout != r.Timeout {
			t.Errorf("the same request to describe is another: %+v", d)
		}
	})
}

// collected returns the attacks and the honest queries of testdata, as they stand
// in their lines.
func collected(f *testing.F, dir string) (texts []string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "a*", "*.txt"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no texts in %s (%v)", dir, err)
	}
	marks := strings.NewReplacer("«", "", "»", "")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			if _, sql, ok := strings.Cut(line, " | "); ok {
				line = sql
			}
			if line = strings.TrimSpace(line); line != "" && line[0] != '@' && line[0] != '#' && len(line) < 1000 {
				texts = append(texts, marks.Replace(line))
			}
		}
	}
	return texts
}
