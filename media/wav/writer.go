package wav

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/hotline-cc/hotline/media"
)

// HeaderSize is the length of the header that AppendHeader makes, in bytes.
const HeaderSize = 44

// maxData keeps both size fields below 4 GiB.
const maxData = unknownSize - HeaderSize - 1

// Writer writes 16-bit PCM. The file is playable after every Flush, whatever happens later; even
// before the first one NewReader reads it to its end. Not safe for concurrent use.
type Writer struct {
	w      io.WriteSeeker
	format media.Format
	data   int64
	buf    []byte
}

// NewWriter writes the header of an empty file at the start of w, which stays the caller's to
// close. The format is 1…MaxChannels channels at 4000…192000 Hz.
func NewWriter(w io.WriteSeeker, f media.Format) (*Writer, error) {
	if f.Channels < 1 || f.Channels > MaxChannels {
		return nil, fmt.Errorf("write WAV with %d channels: want 1…%d", f.Channels, MaxChannels)
	}
	if f.Rate < minRate || f.Rate > maxRate {
		return nil, fmt.Errorf("write WAV at %d Hz: want %d…%d", f.Rate, minRate, maxRate)
	}
	wr := &Writer{w: w, format: f}
	return wr, wr.Flush()
}

// Write appends interleaved samples, whole frames only.
func (w *Writer) Write(pcm []int16) error {
	if len(pcm)%w.format.Channels != 0 {
		return fmt.Errorf("write WAV: %d samples are not whole frames of %d channels", len(pcm), w.format.Channels)
	}
	if w.data+2*int64(len(pcm)) > maxData {
		return fmt.Errorf("write WAV: %w", ErrTooLong)
	}
	w.buf = w.buf[:0]
	for _, s := range pcm {
		w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(s))
	}
	n, err := w.w.Write(w.buf)
	w.data += int64(n)
	if err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}

// Flush brings the sizes in the header up to date.
func (w *Writer) Flush() error {
	if _, err := w.w.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("update WAV header: %w", err)
	}
	w.buf = AppendHeader(w.buf[:0], w.format, uint32(w.data))
	if _, err := w.w.Write(w.buf); err != nil {
		return fmt.Errorf("update WAV header: %w", err)
	}
	if _, err := w.w.Seek(HeaderSize+w.data, io.SeekStart); err != nil {
		return fmt.Errorf("update WAV header: %w", err)
	}
	return nil
}

// Close flushes. It does not close the underlying file.
func (w *Writer) Close() error { return w.Flush() }

// Append appends a whole 16-bit file of interleaved samples to dst, for sound that never touches
// a disk.
func Append(dst []byte, pcm []int16, f media.Format) []byte {
	dst = AppendHeader(dst, f, uint32(2*len(pcm)))
	for _, s := range pcm {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(s))
	}
	return dst
}

// AppendHeader appends the header of a 16-bit file with data bytes of sound to b, for those who
// repair files or write them in place.
func AppendHeader(b []byte, f media.Format, data uint32) []byte {
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, HeaderSize-8+data)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, tagPCM)
	b = le.AppendUint16(b, uint16(f.Channels))
	b = le.AppendUint32(b, uint32(f.Rate))
	b = le.AppendUint32(b, uint32(f.Rate*f.Channels*2))
	b = le.AppendUint16(b, uint16(f.Channels*2))
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	return le.AppendUint32(b, data)
}
