package sanitize

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// allOff is every detector that is on by default.
func allOff() []string {
	var names []string
	for _, d := range Detectors() {
		if d.Default {
			names = append(names, d.Name)
		}
	}
	return names
}

// repeatTo returns text as often as fits into size bytes, cut at a character.
func repeatTo(text string, size int) string {
	long := strings.Repeat(text, size/len(text)+1)
	for size > 0 && size < len(long) && !utf8.RuneStart(long[size]) {
		size--
	}
	return long[:size]
}

// benchTexts are clean values of 1 KiB.
func benchTexts() []struct{ name, text string } {
	return []struct{ name, text string }{
		{"ascii prose", repeatTo("The quick brown fox jumps over the lazy dog while the customers wait for their orders.\n", 1024)},
		{"json", repeatTo(`{"id": 10482, "name": "Ada Lovelace", "email": "ada@example.com", "tags": ["a", "b"], "at": "2024-05-17T10:11:12Z"}, `, 1024)},
		{"numbers", repeatTo("2024-05-17 10:11:12.123456 | 1048576 | 99.95 | 3 | 127 ms\n", 1024)},
		{"log with urls", repeatTo("GET https://example.com/api/v1/users?id=42 200 12ms ref=https://example.org/ key=value user_agent=Mozilla/5.0\n", 1024)},
		{"base64", repeatTo("TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNlY3RldHVyIGFkaXBpc2NpbmcgZWxpdA", 1024)},
		{"western", repeatTo("Größere Bestellungen für Käufer über Österreich, déjà vu à côté, señor mañana. ", 1024)},
		{"russian", repeatTo("Съешь же ещё этих мягких французских булок, да выпей чаю. ", 1024)},
		{"greek", repeatTo("Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία. ", 1024)},
		{"arabic", repeatTo("نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر ومغلف بجلد أزرق. ", 1024)},
		{"persian", repeatTo("می\u200Cخواهم کتاب\u200Cهای خوب را بخوانم. ", 1024)},
		{"hindi", repeatTo("ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश करने वाले। ", 1024)},
		{"thai", repeatTo("เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน ", 1024)},
		{"japanese", repeatTo("いろはにほへと ちりぬるを わかよたれそ つねならむ 有為の奥山。", 1024)},
		{"chinese", repeatTo("天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。", 1024)},
		{"korean", repeatTo("키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. ", 1024)},
		{"emoji", repeatTo("👩\u200D👩\u200D👧\u200D👦 fine 👍🏽 ❤\uFE0F 🇩🇪 ", 1024-18)},
	}
}

var benchSink string

// versusValid reports the throughput as a ratio to utf8.Valid, which is measured
// on the same bytes in the same run.
func versusValid(b *testing.B, texts []string, run func(string)) {
	b.Helper()
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	rounds := 0
	for b.Loop() {
		for _, text := range texts {
			run(text)
		}
		rounds++
	}
	own := b.Elapsed()
	start := time.Now()
	valid := true
	for range rounds {
		for _, text := range texts {
			valid = utf8.ValidString(text) && valid
		}
	}
	baseline := time.Since(start)
	if !valid {
		b.Log("the text is not valid UTF-8")
	}
	b.ReportMetric(float64(own)/float64(baseline), "x_utf8.Valid")
}

func BenchmarkClean(b *testing.B) {
	plain, err := New(Config{DisableDetectors: allOff()})
	if err != nil {
		b.Fatal(err)
	}
	detecting, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range []struct {
		name string
		s    *Sanitizer
	}{{"text pass", plain}, {"with detectors", detecting}} {
		for _, text := range benchTexts() {
			if got, changes := s.s.Text(text.text); got != text.text || changes != nil {
				b.Fatalf("%s is not clean: %+v", text.name, changes)
			}
			b.Run(s.name+"/"+text.name, func(b *testing.B) {
				versusValid(b, []string{text.text}, func(t string) { benchSink, _ = s.s.Text(t) })
			})
		}
	}
}

// BenchmarkPreview is a whole result: 100 rows of 20 columns of 1 KiB.
func BenchmarkPreview(b *testing.B) {
	texts := benchTexts()
	cells := make([]string, 2000)
	for i := range cells {
		cells[i] = texts[0].text
	}
	for _, disable := range [][]string{allOff(), nil} {
		s, err := New(Config{DisableDetectors: disable})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("detectors=%t", disable == nil), func(b *testing.B) {
			versusValid(b, cells, func(t string) { benchSink, _ = s.Text(t) })
		})
	}
}

// BenchmarkBinary is bytea: values of 3 KiB of several sorts, which are cut.
func BenchmarkBinary(b *testing.B) {
	s, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	for name, unit := range map[string]string{
		"zeros": "\x00", "open brackets": "[", "JSON": `{"a":[1,{"b":"c"}]},`, "HTML": "<!DOCTYPE html><p>", "CSV": "a,b\n", "ZIP": "PK\x03\x04",
	} {
		text := `\x` + hex.EncodeToString([]byte(repeatTo(unit, 3072)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				benchSink, _ = s.Cell(text, Input{Class: Binary})
			}
		})
	}
}
