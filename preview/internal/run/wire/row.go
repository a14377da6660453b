package wire

import (
	"encoding/binary"
	"io"
)

// Cell is the beginning of one value of a row, in PostgreSQL's text format.
type Cell struct {
	// Bytes are the first bytes of the value, as many as were asked for.
	Bytes []byte
	// Null marks SQL NULL; Bytes is then nil.
	Null bool
	// OriginalBytes is the value's length in the server's answer.
	OriginalBytes int64
}

// RowLimits says how much of a row to keep.
type RowLimits struct {
	// Columns is the number of columns that the row must have.
	Columns int
	// MaxColumns and MaxCellBytes bound what is kept; the rest is discarded.
	MaxColumns, MaxCellBytes int
	// MaxBytes bounds what the row's kept cells may take together.
	MaxBytes int64
	// Store is where short rows are kept. Without one, each has memory of its own.
	Store *Store
}

// Row is what was kept of a row.
type Row struct {
	// Cells are the first cells, at most RowLimits.MaxColumns.
	Cells []Cell
	// Bytes is the number of bytes in Cells.
	Bytes int64
	// TooLarge reports that the row passed RowLimits.MaxBytes: then nothing is kept.
	TooLarge bool
}

// Row reads a DataRow as it arrives, whatever its length.
func (r *Reader) Row(limits RowLimits) (Row, error) {
	if r.left <= int64(r.buffer.Buffered()) {
		return r.bufferedRow(limits)
	}
	count, err := r.uint16()
	if err != nil {
		return Row{}, err
	}
	if int(count) != limits.Columns {
		return Row{}, ErrProtocol
	}
	k := newRowKeeper(limits, r.left)
	for i := range limits.Columns {
		size, err := r.cellSize()
		if err != nil {
			return Row{}, err
		}
		kept := k.add(i, size)
		if _, err := io.ReadFull(r.buffer, kept); err != nil {
			return Row{}, unexpected(err)
		}
		if rest := max(0, size) - int64(len(kept)); rest > 0 {
			if err := r.discard(rest); err != nil {
				return Row{}, err
			}
		}
		r.left -= max(0, size)
	}
	if r.left != 0 {
		return Row{}, ErrProtocol
	}
	return k.row(), nil
}

// bufferedRow is Row for a row that has arrived as a whole, as most have: it is read in
// place, at a third of the cost.
func (r *Reader) bufferedRow(limits RowLimits) (Row, error) {
	body, err := r.peek(int(r.left))
	if err != nil {
		return Row{}, err
	}
	if len(body) < 2 || int(binary.BigEndian.Uint16(body)) != limits.Columns {
		return Row{}, ErrProtocol
	}
	k := newRowKeeper(limits, r.left)
	rest := body[2:]
	for i := range limits.Columns {
		if len(rest) < 4 {
			return Row{}, ErrProtocol
		}
		size := int64(int32(binary.BigEndian.Uint32(rest)))
		rest = rest[4:]
		if size < -1 || size > int64(len(rest)) {
			return Row{}, ErrProtocol
		}
		copy(k.add(i, size), rest)
		rest = rest[max(0, size):]
	}
	if len(rest) != 0 {
		return Row{}, ErrProtocol
	}
	r.left = 0
	_, err = r.buffer.Discard(len(body))
	return k.row(), err
}

// rowKeeper keeps what the limits allow of a row.
type rowKeeper struct {
	limits   RowLimits
	cells    []Cell
	bytes    []byte // of all cells, one after the other
	tooLarge bool
}

// newRowKeeper returns a rowKeeper for a row of a number of bytes. A row that the read
// buffer holds gets its memory at once; a longer one as it arrives.
func newRowKeeper(limits RowLimits, bytes int64) rowKeeper {
	columns := min(limits.Columns, limits.MaxColumns)
	most := min(bytes, limits.MaxBytes, int64(columns)*int64(limits.MaxCellBytes), bufferSize)
	return rowKeeper{limits: limits, cells: limits.Store.takeCells(columns), bytes: limits.Store.room(int(most))}
}

// add takes the next cell, of a size of -1 for NULL, and returns the memory that the
// kept bytes of its value are to be read into.
func (k *rowKeeper) add(i int, size int64) []byte {
	if k.tooLarge || i >= len(k.cells) {
		return nil
	}
	if size < 0 {
		k.cells[i].Null = true
		return nil
	}
	k.cells[i].OriginalBytes = size
	start := len(k.bytes)
	kept := int(min(size, int64(k.limits.MaxCellBytes)))
	if int64(start+kept) > k.limits.MaxBytes {
		k.tooLarge, k.cells, k.bytes = true, nil, nil
		return nil
	}
	if start+kept <= cap(k.bytes) {
		k.bytes = k.bytes[:start+kept]
	} else {
		k.bytes = append(k.bytes, make([]byte, kept)...)
	}
	return k.bytes[start:]
}

// row returns what was kept. The cells are cut out of the memory only now, since it
// moves while it grows.
func (k *rowKeeper) row() Row {
	k.limits.Store.used(k.bytes)
	rest := k.bytes
	for i := range k.cells {
		if cell := &k.cells[i]; !cell.Null {
			n := min(cell.OriginalBytes, int64(k.limits.MaxCellBytes))
			cell.Bytes, rest = rest[:n:n], rest[n:]
		}
	}
	return Row{Cells: k.cells, Bytes: int64(len(k.bytes)), TooLarge: k.tooLarge}
}

// cellSize reads a cell's length, -1 for NULL, and checks that the message
// holds as much.
func (r *Reader) cellSize() (int64, error) {
	if r.left < 4 {
		return 0, ErrProtocol
	}
	b, err := r.peek(4)
	if err != nil {
		return 0, err
	}
	size := int64(int32(binary.BigEndian.Uint32(b)))
	if _, err := r.buffer.Discard(4); err != nil {
		return 0, err
	}
	r.left -= 4
	if size < -1 || size > r.left {
		return 0, ErrProtocol
	}
	return size, nil
}

func (r *Reader) uint16() (uint16, error) {
	if r.left < 2 {
		return 0, ErrProtocol
	}
	b, err := r.peek(2)
	if err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint16(b)
	if _, err := r.buffer.Discard(2); err != nil {
		return 0, err
	}
	r.left -= 2
	return n, nil
}
