package wav

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/g711"
)

// Format tags of the fmt chunk (Microsoft mmreg.h).
const (
	tagPCM        = 1
	tagFloat      = 3
	tagALaw       = 6
	tagMuLaw      = 7
	tagExtensible = 0xfffe // the true tag opens the sub-format at byte 24
)

// encoding is a way to store one sample.
type encoding struct{ tag, bits uint16 }

// converter returns how an encoding becomes 16-bit PCM, or nil when it is unknown.
func converter(e encoding) func(dst []int16, src []byte) {
	switch e {
	case encoding{tagPCM, 8}:
		return from8
	case encoding{tagPCM, 16}:
		return from16
	case encoding{tagPCM, 24}:
		return from24
	case encoding{tagPCM, 32}:
		return from32
	case encoding{tagFloat, 32}:
		return fromFloat
	case encoding{tagALaw, 8}:
		return func(dst []int16, src []byte) { g711.ALaw.AppendPCM(dst[:0], src) }
	case encoding{tagMuLaw, 8}:
		return func(dst []int16, src []byte) { g711.MuLaw.AppendPCM(dst[:0], src) }
	}
	return nil
}

// readFormat takes the fmt chunk of a size in bytes.
func (w *Reader) readFormat(size int64) error {
	if size < 16 || size > maxFmt {
		return fmt.Errorf("%w: fmt chunk of %d bytes", ErrNotWAV, size)
	}
	chunk := make([]byte, size+size%2)
	if _, err := io.ReadFull(w.r, chunk); err != nil {
		return fmt.Errorf("read the fmt chunk: %w", notWAV(err))
	}
	e := encoding{tag: binary.LittleEndian.Uint16(chunk), bits: binary.LittleEndian.Uint16(chunk[14:])}
	if e.tag == tagExtensible && size >= 26 {
		e.tag = binary.LittleEndian.Uint16(chunk[24:])
	}
	channels := int(binary.LittleEndian.Uint16(chunk[2:]))
	rate := int64(binary.LittleEndian.Uint32(chunk[4:]))
	switch {
	case channels < 1 || channels > MaxChannels:
		return fmt.Errorf("WAV with %d channels: want 1…%d", channels, MaxChannels)
	case rate < minRate || rate > maxRate:
		return fmt.Errorf("WAV at %d Hz: want %d…%d", rate, minRate, maxRate)
	}
	if w.convert = converter(e); w.convert == nil {
		return fmt.Errorf("WAV format tag %d with %d bits: want 8, 16, 24 or 32-bit PCM, 32-bit float, A-law or µ-law", e.tag, e.bits)
	}
	w.width = int(e.bits) / 8
	w.format = media.Format{Rate: int(rate), Channels: channels}
	return nil
}

func from8(dst []int16, src []byte) {
	for i, b := range src {
		dst[i] = (int16(b) - 128) << 8
	}
}

func from16(dst []int16, src []byte) {
	for i := range dst {
		dst[i] = int16(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func from24(dst []int16, src []byte) {
	for i := range dst {
		dst[i] = round(int64(src[3*i])|int64(int16(binary.LittleEndian.Uint16(src[3*i+1:])))<<8, 8)
	}
}

func from32(dst []int16, src []byte) {
	for i := range dst {
		dst[i] = round(int64(int32(binary.LittleEndian.Uint32(src[4*i:]))), 16)
	}
}

// round drops the lowest bits of v.
func round(v int64, bits int) int16 {
	return int16(min((v+1<<(bits-1))>>bits, math.MaxInt16))
}

func fromFloat(dst []int16, src []byte) {
	for i := range dst {
		v := float64(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))) * (1 << 15)
		if math.IsNaN(v) {
			v = 0
		}
		dst[i] = int16(max(math.MinInt16, min(math.Round(v), math.MaxInt16)))
	}
}
