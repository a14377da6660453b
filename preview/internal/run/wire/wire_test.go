package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/jackc/pgx/v5/pgproto3"
)

// scripted is a net.Conn of which the server's side is a fixed text.
type scripted struct {
	net.Conn
	io.Reader
}

func (s scripted) Read(p []byte) (int, error) { return s.Reader.Read(p) }

func reading(messages ...[]byte) *Reader {
	return NewReader(NewConn(scripted{Reader: bytes.NewReader(bytes.Join(messages, nil))}))
}

// readers are the ways in which the same bytes arrive: at once, and one after the other,
// so that a message is never in the buffer as a whole.
var readers = map[string]func(messages ...[]byte) *Reader{
	"at once": reading,
	"in pieces": func(messages ...[]byte) *Reader {
		return NewReader(NewConn(scripted{Reader: iotest.OneByteReader(bytes.NewReader(bytes.Join(messages, nil)))}))
	},
}

func encode(t testing.TB, message pgproto3.BackendMessage) []byte {
	t.Helper()
	b, err := message.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// message makes a message with a length of its own choosing.
func message(kind byte, length int32, body string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{kind}, uint32(length))
	return append(b, body...)
}

func TestRow(t *testing.T) {
	t.Parallel()
	row := encode(t, &pgproto3.DataRow{Values: [][]byte{[]byte("abcdef"), nil, {}, []byte("gh")}})
	for _, test := range []struct {
		name   string
		limits RowLimits
		want   []string
		kept   int64
		fits   bool
	}{
		{"whole", RowLimits{4, 4, 10, 100, nil}, []string{"abcdef/6", "NULL", "/0", "gh/2"}, 8, true},
		{"cells cut", RowLimits{4, 4, 1, 100, nil}, []string{"a/6", "NULL", "/0", "g/2"}, 2, true},
		{"nothing of the cells", RowLimits{4, 4, 0, 100, nil}, []string{"/6", "NULL", "/0", "/2"}, 0, true},
		{"columns cut", RowLimits{4, 2, 10, 100, nil}, []string{"abcdef/6", "NULL"}, 6, true},
		{"exactly the bytes", RowLimits{4, 4, 10, 8, nil}, []string{"abcdef/6", "NULL", "/0", "gh/2"}, 8, true},
		{"a byte too many", RowLimits{4, 4, 10, 7, nil}, nil, 0, false},
		{"only what is kept counts", RowLimits{4, 4, 3, 5, nil}, []string{"abc/6", "NULL", "/0", "gh/2"}, 5, true},
	} {
		for way, reading := range readers {
			t.Run(test.name+" "+way, func(t *testing.T) {
				r := reading(row, message('Z', 5, "I"))
				if kind, err := r.Next(); kind != 'D' || err != nil {
					t.Fatalf("%c %v", kind, err)
				}
				got, err := r.Row(test.limits)
				if err != nil {
					t.Fatal(err)
				}
				if got.Bytes != test.kept || got.TooLarge == test.fits || len(got.Cells) != len(test.want) {
					t.Errorf("kept %d, too large %v, %d cells; want %d, %v, %d", got.Bytes, got.TooLarge, len(got.Cells), test.kept, !test.fits, len(test.want))
				}
				for i, cell := range got.Cells {
					text := string(cell.Bytes) + "/" + string('0'+rune(cell.OriginalBytes))
					if cell.Null {
						text = "NULL"
					}
					if text != test.want[i] {
						t.Errorf("cell %d is %s, want %s", i, text, test.want[i])
					}
				}
				if kind, err := r.Next(); kind != 'Z' || err != nil {
					t.Errorf("after the row: %c %v", kind, err)
				}
			})
		}
	}
}

// TestRowsOfOneStore reads rows of many widths into one Store: none writes over
// another, and none can be appended to into the next.
func TestRowsOfOneStore(t *testing.T) {
	t.Parallel()
	store := new(Store)
	var rows [][]Cell
	width := func(i int) int { return i % 7 }
	text := func(i, j int) string { return strings.Repeat(string(rune('a'+(i+j)%26)), (i*j)%300) }
	for i := range 400 {
		values := make([][]byte, width(i))
		size := int64(0)
		for j := range values {
			values[j] = []byte(text(i, j))
			size += int64(len(values[j]))
		}
		r := reading(encode(t, &pgproto3.DataRow{Values: values}), message('Z', 5, "I"))
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		limits := RowLimits{Columns: len(values), MaxColumns: len(values), MaxCellBytes: 1000, MaxBytes: 1 << 20, Store: store}
		givenUp := i%9 == 4 && size > 0 // in the middle of the Store
		if givenUp {
			limits.MaxBytes = size - 1
		}
		row, err := r.Row(limits)
		if err != nil || row.TooLarge != givenUp || cap(row.Cells) != len(row.Cells) {
			t.Fatalf("%v %v, room for %d of %d cells", err, row.TooLarge, cap(row.Cells), len(row.Cells))
		}
		rows = append(rows, row.Cells)
	}
	for i, cells := range rows {
		for j, cell := range cells {
			if string(cell.Bytes) != text(i, j) || cap(cell.Bytes) != len(cell.Bytes) || cell.Null || cell.OriginalBytes != int64(len(cell.Bytes)) {
				t.Errorf("the cell %d of the row %d is %q", j, i, cell.Bytes)
			}
		}
	}
}

// TestResetLeavesNothing uses one Store for results of several sizes: the next one never
// sees anything of the one before, nor does who looks at the memory that was given up.
func TestResetLeavesNothing(t *testing.T) {
	t.Parallel()
	store := new(Store)
	for round, secret := range []string{"first", "the second", "3", "the fourth one"} {
		var rows []Row
		for i := range 5 + 40*round {
			row := encode(t, &pgproto3.DataRow{Values: [][]byte{[]byte(secret), nil, []byte(strings.Repeat(secret, i%9))}})
			r := reading(row, message('Z', 5, "I"))
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			got, err := r.Row(RowLimits{3, 3, 1000, 1 << 20, store})
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, got)
		}
		for i, row := range rows {
			if string(row.Cells[0].Bytes) != secret || row.Cells[0].Null || !row.Cells[1].Null || string(row.Cells[2].Bytes) != strings.Repeat(secret, i%9) {
				t.Fatalf("round %d, row %d is %+v", round, i, row.Cells)
			}
		}
		store.Reset()
		if bytes.Contains(store.bytes[:cap(store.bytes)], []byte(secret)) {
			t.Errorf("round %d: the memory still holds a value", round)
		}
		for _, cell := range store.cells[:cap(store.cells)] {
			if cell.Bytes != nil || cell.Null || cell.OriginalBytes != 0 {
				t.Fatalf("round %d: a cell still holds a value", round)
			}
		}
	}
}

func TestMalformedMessages(t *testing.T) {
	t.Parallel()
	row := func(r *Reader) error {
		_, err := r.Row(RowLimits{2, 2, 10, 100, nil})
		return err
	}
	fields := func(r *Reader) error { _, err := r.Fields(); return err }
	body := func(r *Reader) error { _, err := r.Body(10); return err }
	for _, test := range []struct {
		name  string
		bytes []byte
		read  func(*Reader) error
		want  error
	}{
		{"negative length", message('D', -1, ""), nil, ErrProtocol},
		{"length below its own size", message('D', 3, ""), nil, ErrProtocol},
		{"no type", nil, nil, io.ErrUnexpectedEOF},
		{"half a header", []byte{'D', 0}, nil, io.ErrUnexpectedEOF},
		{"row without a count", message('D', 5, "\x00"), row, ErrProtocol},
		{"row with another count", message('D', 6, "\x00\x03"), row, ErrProtocol},
		{"row with too few cells", message('D', 10, "\x00\x02\xff\xff\xff\xff"), row, ErrProtocol},
		{"cell longer than its message", message('D', 14, "\x00\x02\x00\x00\x00\x05abcd"), row, ErrProtocol},
		{"cell with a negative length", message('D', 14, "\x00\x02\xff\xff\xff\xfe\xff\xff\xff\xff"), row, ErrProtocol},
		{"bytes after the last cell", message('D', 15, "\x00\x02\xff\xff\xff\xff\xff\xff\xff\xffx"), row, ErrProtocol},
		{"cell that breaks off", message('D', 14, "\x00\x02\x00\x00\x00\x04ab"), row, io.ErrUnexpectedEOF},
		{"field without an end", message('E', 8, "Mabc"), fields, ErrProtocol},
		{"fields without an end", message('E', 9, "Mabc\x00"), fields, ErrProtocol},
		{"body longer than its bound", message('T', 15, "0123456789a"), body, ErrProtocol},
		{"body that breaks off", message('T', 14, "01234"), body, io.ErrUnexpectedEOF},
	} {
		for way, reading := range readers {
			t.Run(test.name+" "+way, func(t *testing.T) {
				t.Parallel()
				r := reading(test.bytes)
				_, err := r.Next()
				if err == nil && test.read != nil {
					err = test.read(r)
				}
				if !errors.Is(err, test.want) {
					t.Errorf("the error is %v, want %v", err, test.want)
				}
			})
		}
	}
}

func TestFieldsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	e := encode(t, &pgproto3.ErrorResponse{Severity: "ERROR", Code: "22012", Message: long, Detail: long, Hint: "h", Position: 7})
	r := reading(e, message('Z', 5, "I"))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	fields, err := r.Fields()
	if err != nil {
		t.Fatal(err)
	}
	if len(fields['M']) != maxFieldBytes || fields['C'] != "22012" || fields['P'] != "7" || fields['H'] != "h" {
		t.Errorf("M has %d bytes; C %q P %q H %q", len(fields['M']), fields['C'], fields['P'], fields['H'])
	}
	if kind, err := r.Next(); kind != 'Z' || err != nil {
		t.Errorf("after the error: %c %v", kind, err)
	}
	many := message('E', int32(4+3*100+1), strings.Repeat("Ma\x00", 100)+"\x00")
	r = reading(many, message('Z', 5, "I"))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Fields(); err != nil {
		t.Fatal(err)
	}
	if kind, err := r.Next(); kind != 'Z' || err != nil {
		t.Errorf("after an error with 100 fields: %c %v", kind, err)
	}
}

func TestLoginReadsNoFurtherThanAsked(t *testing.T) {
	t.Parallel()
	login := bytes.Join([][]byte{
		encode(t, &pgproto3.AuthenticationOk{}), encode(t, &pgproto3.ParameterStatus{Name: "a", Value: "b"}),
		encode(t, &pgproto3.ReadyForQuery{TxStatus: 'I'}),
	}, nil)
	after := encode(t, &pgproto3.NoticeResponse{Severity: "WARNING", Message: "unasked"})
	conn := NewConn(scripted{Reader: bytes.NewReader(append(bytes.Clone(login), after...))})

	frontend := pgproto3.NewFrontend(conn, nil)
	for {
		m, err := frontend.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := m.(*pgproto3.ReadyForQuery); ok {
			break
		}
	}
	if kind, err := NewReader(conn).Next(); kind != 'N' || err != nil {
		t.Errorf("the driver took bytes of the message after the login: %c %v", kind, err)
	}
}

func TestLoginIsBounded(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]io.Reader{
		"one long message": bytes.NewReader(message('S', 1<<30, "x")),
		"short length":     bytes.NewReader(message('S', 2, "x")),
		"many messages":    endless(message('S', 4+1000, strings.Repeat("x", 1000))),
	} {
		conn := NewConn(scripted{Reader: server})
		n, err := io.Copy(io.Discard, conn)
		if !errors.Is(err, ErrProtocol) || n > maxLogin {
			t.Errorf("%s: %d bytes were read, the error is %v", name, n, err)
		}
	}
}

type endless []byte

func (e endless) Read(p []byte) (int, error) { return copy(p, e), nil }

// FuzzReader checks that no text of a server's makes the reader hold more than
// it was asked to, or read past the end of a message.
func FuzzReader(f *testing.F) {
	f.Add(encode(f, &pgproto3.DataRow{Values: [][]byte{[]byte("abc"), nil}}), 3)
	f.Add(encode(f, &pgproto3.ErrorResponse{Code: "22012", Message: "m"}), 1)
	f.Add(message('T', 6, "\x00\x00"), 0)
	f.Fuzz(func(t *testing.T, server []byte, limit int) {
		if len(server) < headerSize {
			return
		}
		limit = max(0, min(limit, 1<<10))
		r := reading(server, message('Z', 5, "I"))
		kind, err := r.Next()
		if err != nil {
			return
		}
		declared := int64(binary.BigEndian.Uint32(server[1:5])) - 4
		switch kind {
		case 'D':
			limits := RowLimits{Columns: 2, MaxColumns: 2, MaxCellBytes: limit, MaxBytes: int64(limit), Store: new(Store)}
			var row Row
			row, err = r.Row(limits)
			sum := 0
			for _, cell := range row.Cells {
				if len(cell.Bytes) > limit || int64(len(cell.Bytes)) > cell.OriginalBytes {
					t.Fatalf("a cell of %d bytes has %d kept", cell.OriginalBytes, len(cell.Bytes))
				}
				sum += len(cell.Bytes)
			}
			if int64(sum) != row.Bytes || sum > limit {
				t.Fatalf("kept %d bytes, said %d, limit %d", sum, row.Bytes, limit)
			}
		case 'E', 'N':
			_, err = r.Fields()
		default:
			var body []byte
			body, err = r.Body(limit)
			if len(body) > limit {
				t.Fatalf("a body of %d bytes passed the limit %d", len(body), limit)
			}
		}
		if err != nil || declared != int64(len(server)-5) {
			return
		}
		if kind, err := r.Next(); kind != 'Z' || err != nil {
			t.Fatalf("the message after is %c %v", kind, err)
		}
	})
}
