package tts

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// A rendered prompt is stored as a header and mono 16-bit little-endian PCM. The header holds, all
// little-endian: magic, rate in Hz, number of samples, CRC-32C of the PCM, and the key, so that a
// file under a wrong name is noticed.
const (
	entryMagic  = "HLP1"
	entryHeader = len(entryMagic) + 3*4 + sha256.Size
	// maxEntrySamples is ten minutes, more than the longest text takes.
	maxEntrySamples = 600 * SampleRate
)

// errCorrupt says that a stored prompt is not what was written.
var errCorrupt = errors.New("corrupt prompt")

// key names a rendered prompt.
type key [sha256.Size]byte

// newKey hashes everything that shapes the sound, each part preceded by its length.
func newKey(engine string, r Request, text string) key {
	h := sha256.New()
	for _, part := range []string{engine, r.Voice, text} {
		_ = binary.Write(h, binary.LittleEndian, uint64(len(part)))
		_, _ = h.Write([]byte(part))
	}
	_ = binary.Write(h, binary.LittleEndian, math.Round(r.Speed*1000))
	return key(h.Sum(nil))
}

func encodeEntry(k key, pcm []int16) []byte {
	raw := make([]byte, entryHeader, entryHeader+2*len(pcm))
	for _, x := range pcm {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(x))
	}
	head := append(raw[:0], entryMagic...)
	head = binary.LittleEndian.AppendUint32(head, SampleRate)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(pcm)))
	head = binary.LittleEndian.AppendUint32(head, checksum(raw[entryHeader:]))
	copy(raw[len(head):entryHeader], k[:])
	return raw
}

func decodeEntry(k key, raw []byte) ([]int16, error) {
	if len(raw) < entryHeader || string(raw[:4]) != entryMagic {
		return nil, fmt.Errorf("%w: no header", errCorrupt)
	}
	field := func(i int) uint32 { return binary.LittleEndian.Uint32(raw[4+4*i:]) }
	body := raw[entryHeader:]
	switch {
	case field(0) != SampleRate:
		return nil, fmt.Errorf("%w: rate %d", errCorrupt, field(0))
	case field(1) > maxEntrySamples || len(body) != 2*int(field(1)):
		return nil, fmt.Errorf("%w: %d bytes for %d samples", errCorrupt, len(body), field(1))
	case field(2) != checksum(body):
		return nil, fmt.Errorf("%w: checksum", errCorrupt)
	case !bytes.Equal(raw[16:entryHeader], k[:]):
		return nil, fmt.Errorf("%w: stored under another prompt's name", errCorrupt)
	}
	pcm := make([]int16, field(1))
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
	}
	return pcm, nil
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
