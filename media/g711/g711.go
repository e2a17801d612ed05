// Package g711 is ITU-T G.711: telephone speech at 8 kHz in one byte a sample, A-law (PCMA) and
// µ-law (PCMU).
package g711

import (
	"errors"
	"math/bits"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/plc"
)

// Rate is the sampling rate of both laws in Hz.
const Rate = 8000

// maxPayload bounds a packet to 120 ms.
const maxPayload = Rate * 120 / 1000

var errTooLong = errors.New("g711: payload longer than 120 ms")

// Law is one of the two companding laws.
type Law uint8

// The companding laws of G.711.
const (
	ALaw  Law = iota // PCMA: Europe, China and international trunks
	MuLaw            // PCMU: North America and Japan
)

// Append encodes pcm and appends one byte a sample to dst.
func (l Law) Append(dst []byte, pcm []int16) []byte {
	if l == ALaw {
		for _, s := range pcm {
			dst = append(dst, encodeA(s))
		}
		return dst
	}
	for _, s := range pcm {
		dst = append(dst, encodeMu(s))
	}
	return dst
}

// AppendPCM decodes payload and appends one sample a byte to dst.
func (l Law) AppendPCM(dst []int16, payload []byte) []int16 {
	table := &decodedMu
	if l == ALaw {
		table = &decodedA
	}
	for _, b := range payload {
		dst = append(dst, table[b])
	}
	return dst
}

// Encoder implements media.Encoder. It has no state and never fails.
type Encoder struct{ law Law }

// NewEncoder returns an encoder of a law.
func NewEncoder(law Law) Encoder { return Encoder{law} }

// Encode implements media.Encoder for any number of samples.
func (e Encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	return e.law.Append(dst, pcm), nil
}

// Decoder implements media.Decoder with the concealment of package plc. Not safe for concurrent
// use.
type Decoder struct {
	law     Law
	conceal *plc.Concealer
}

// NewDecoder returns a decoder of a law.
func NewDecoder(law Law) (*Decoder, error) {
	c, err := plc.New(Rate)
	if err != nil {
		return nil, err
	}
	return &Decoder{law: law, conceal: c}, nil
}

// Decode implements media.Decoder. Every byte is a valid sample, so only a payload longer than
// 120 ms is refused.
func (d *Decoder) Decode(dst []int16, payload []byte) ([]int16, error) {
	if len(payload) > maxPayload {
		return dst, errTooLong
	}
	start := len(dst)
	dst = d.law.AppendPCM(dst, payload)
	d.conceal.Received(dst[start:])
	return dst, nil
}

// Conceal implements media.Decoder.
func (d *Decoder) Conceal(dst []int16, n int) []int16 { return d.conceal.Conceal(dst, n) }

var (
	_ media.Encoder = Encoder{}
	_ media.Decoder = (*Decoder)(nil)
)

// Codes carry sign, a 3-bit segment and a 4-bit step within it. A-law codes travel with every
// second bit inverted, µ-law codes with all bits inverted (G.711 tables 1a to 2b).
const (
	signBit   = 0x80
	invertA   = 0x55
	biasMu    = 33 // on the 14-bit scale
	largestMu = 1<<13 - 1
)

var (
	decodedA  = table(decodeA)
	decodedMu = table(decodeMu)
)

func table(decode func(byte) int16) (t [256]int16) {
	for code := range t {
		t[code] = decode(byte(code))
	}
	return t
}

// encodeA works on the 13-bit scale of the standard: sign and 12 bits.
func encodeA(s int16) byte {
	code := byte(signBit)
	magnitude := uint16(s) >> 4
	if s < 0 {
		code = 0
		magnitude = uint16(^s) >> 4
	}
	// The two lowest segments share one step size, so the segment counts from the fifth bit.
	if segment := bits.Len16(magnitude >> 4); segment > 1 {
		code |= byte(segment<<4) | byte(magnitude>>(segment-1))&0x0f
	} else {
		code |= byte(magnitude)
	}
	return code ^ invertA
}

func decodeA(code byte) int16 {
	code ^= invertA
	segment := code >> 4 & 7
	v := int16(code&0x0f)<<4 | 8 // the middle of the step
	if segment > 0 {
		v = (v | 0x100) << (segment - 1)
	}
	if code&signBit == 0 {
		return -v
	}
	return v
}

// encodeMu works on the 14-bit scale of the standard: sign and 13 bits.
func encodeMu(s int16) byte {
	code := byte(signBit)
	magnitude := uint16(s) >> 2
	if s < 0 {
		code = 0
		magnitude = uint16(^s) >> 2
	}
	magnitude = min(magnitude+biasMu, largestMu)
	segment := bits.Len16(magnitude >> 6)
	step := byte(magnitude>>(segment+1)) & 0x0f
	return code | ^(byte(segment<<4)|step)&0x7f
}

func decodeMu(code byte) int16 {
	magnitude := ^code
	segment := magnitude >> 4 & 7
	v := (int16(magnitude&0x0f)<<1|biasMu)<<segment - biasMu
	if code&signBit == 0 {
		v = -v
	}
	return v << 2
}
