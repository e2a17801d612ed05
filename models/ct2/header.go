// Package ct2 turns a Whisper model in CTranslate2's binary format (version 6, float16) into the
// ggml file that whisper.cpp reads. For whisper base the result is byte for byte the published file.
package ct2

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Limits of a header: far above any Whisper model, far below what would hurt.
const (
	maxVariables = 1 << 14
	maxRank      = 4
	maxElements  = 1 << 31
)

// float16 is CTranslate2's number for the type of the weights.
const float16 = 4

// elementSize holds the bytes of one element by CTranslate2's number of the type:
// float32, int8, int16, int32, float16, bfloat16.
var elementSize = [...]int64{4, 1, 2, 4, 2, 2}

// variable is one tensor of the file: where its bytes lie and what they are.
type variable struct {
	dims   []int
	dtype  uint8
	offset int64
	size   int64
}

// scanner reads a header and keeps count of the offset.
type scanner struct {
	r      *bufio.Reader
	offset int64
	err    error
}

// readHeader walks over the file and returns its variables by name. size is the length of the
// file in bytes; no variable reaches beyond it.
func readHeader(r io.ReaderAt, size int64) (map[string]variable, error) {
	s := &scanner{r: bufio.NewReader(io.NewSectionReader(r, 0, size))}
	if version := s.uint32(); s.err == nil && version != 6 {
		return nil, fmt.Errorf("binary version %d, want 6", version)
	}
	if spec := s.text(); s.err == nil && spec != "WhisperSpec" {
		return nil, fmt.Errorf("model of kind %q, want WhisperSpec", spec)
	}
	s.uint32() // revision of the specification
	count := s.uint32()
	if count > maxVariables {
		return nil, fmt.Errorf("%d variables, at most %d", count, maxVariables)
	}
	variables := make(map[string]variable)
	for range count {
		name := s.text()
		v := s.variable()
		if s.err == nil && v.size > size-s.offset {
			s.err = io.ErrUnexpectedEOF
		}
		if s.err != nil {
			return nil, fmt.Errorf("variable %q: %w", name, s.err)
		}
		v.offset = s.offset
		if _, double := variables[name]; double {
			return nil, fmt.Errorf("variable %q stands twice", name)
		}
		variables[name] = v
		// The next header begins after the data: a new window is cheaper than reading through it.
		s.offset += v.size
		s.r.Reset(io.NewSectionReader(r, s.offset, size-s.offset))
	}
	return variables, s.err
}

// variable reads rank, dimensions, type and size.
func (s *scanner) variable() variable {
	var v variable
	rank := s.uint8()
	if s.err == nil && rank > maxRank {
		s.err = fmt.Errorf("rank %d, at most %d", rank, maxRank)
		return v
	}
	elements := int64(1)
	for range rank {
		dim := int64(s.uint32())
		if s.err == nil && (dim == 0 || dim > maxElements/elements) {
			s.err = fmt.Errorf("dimension %d out of range", dim)
		}
		if s.err != nil {
			return v
		}
		elements *= dim
		v.dims = append(v.dims, int(dim))
	}
	v.dtype = s.uint8()
	v.size = int64(s.uint32())
	switch {
	case s.err != nil:
	case int(v.dtype) >= len(elementSize):
		s.err = fmt.Errorf("type %d is unknown", v.dtype)
	case v.size != elements*elementSize[v.dtype]:
		s.err = fmt.Errorf("%d bytes for %d elements of type %d", v.size, elements, v.dtype)
	}
	return v
}

// text reads a string: its length with the closing NUL, its bytes, the NUL.
func (s *scanner) text() string {
	var n [2]byte
	s.read(n[:])
	length := binary.LittleEndian.Uint16(n[:])
	if s.err == nil && length == 0 {
		s.err = fmt.Errorf("string without its closing NUL")
	}
	if s.err != nil {
		return ""
	}
	b := make([]byte, length)
	s.read(b)
	if s.err == nil && b[length-1] != 0 {
		s.err = fmt.Errorf("string without its closing NUL")
	}
	return string(b[:length-1])
}

func (s *scanner) uint8() uint8 {
	var b [1]byte
	s.read(b[:])
	return b[0]
}

func (s *scanner) uint32() uint32 {
	var b [4]byte
	s.read(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

// read fills b, or leaves it as it is once an error stands.
func (s *scanner) read(b []byte) {
	if s.err != nil {
		return
	}
	n, err := io.ReadFull(s.r, b)
	s.offset += int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	s.err = err
}
