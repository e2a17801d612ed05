// Package codecs is the list of voice codecs the gateway speaks, in order of preference, and the
// way from a negotiated media.Codec to its encoder and decoder.
package codecs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/g711"
	"github.com/hotline-cc/hotline/media/g722"
	"github.com/hotline-cc/hotline/media/opus"
)

// Encoding names as SDP writes them. SDP compares them without case (RFC 4855 section 3).
const (
	NameOpus = "opus"
	NameG722 = "G722"
	NamePCMA = "PCMA"
	NamePCMU = "PCMU"
)

// FirstDynamic is the lowest payload type without a fixed meaning (RFC 3551 section 6).
const FirstDynamic = 96

// Set is a list of codecs, most preferred first.
type Set []media.Codec

// Default returns every codec there is: wideband before narrowband, A-law before µ-law. Opus has
// the first dynamic payload type; an answer takes the number from the offer instead.
func Default() Set {
	return Set{
		{Name: NameOpus, PayloadType: FirstDynamic, PCMRate: opus.Rate, RTPClock: 48000, Channels: 2},
		{Name: NameG722, PayloadType: 9, PCMRate: g722.Rate, RTPClock: 8000, Channels: 1},
		{Name: NamePCMA, PayloadType: 8, PCMRate: g711.Rate, RTPClock: 8000, Channels: 1},
		{Name: NamePCMU, PayloadType: 0, PCMRate: g711.Rate, RTPClock: 8000, Channels: 1},
	}
}

// Find returns the codec of an encoding name, in any case, and RTP clock in Hz.
func (s Set) Find(name string, clock int) (media.Codec, bool) {
	i := slices.IndexFunc(s, func(c media.Codec) bool {
		return strings.EqualFold(c.Name, name) && c.RTPClock == clock
	})
	if i < 0 {
		return media.Codec{}, false
	}
	return s[i], true
}

// FindStatic returns the codec of a payload type below FirstDynamic, which SDP may use without an
// rtpmap line.
func (s Set) FindStatic(payloadType uint8) (media.Codec, bool) {
	i := slices.IndexFunc(s, func(c media.Codec) bool {
		return c.PayloadType == payloadType && payloadType < FirstDynamic
	})
	if i < 0 {
		return media.Codec{}, false
	}
	return s[i], true
}

// Only returns the codecs with the given encoding names in the order of the names, as a
// configuration lists them.
func (s Set) Only(names ...string) (Set, error) {
	var picked Set
	for _, name := range names {
		i := slices.IndexFunc(s, func(c media.Codec) bool { return strings.EqualFold(c.Name, name) })
		if i < 0 {
			return nil, fmt.Errorf("codec %q: want one of %s", name, s)
		}
		picked = append(picked, s[i])
	}
	return picked, nil
}

func (s Set) String() string {
	names := make([]string, len(s))
	for i, c := range s {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// New returns an encoder and a decoder of c, each for one direction of one stream. Opus works at
// any of its own PCM rates, the others at theirs only.
func New(c media.Codec) (media.Encoder, media.Decoder, error) {
	known, ok := Default().Find(c.Name, c.RTPClock)
	if !ok || c.PCMRate != known.PCMRate && known.Name != NameOpus {
		return nil, nil, fmt.Errorf("codec %s with PCM at %d Hz: not one of %s at their own rates", c, c.PCMRate, Default())
	}
	enc, err := newEncoder(known.Name, c.PCMRate)
	if err != nil {
		return nil, nil, err
	}
	dec, err := newDecoder(known.Name, c.PCMRate)
	if err != nil {
		return nil, nil, err
	}
	return enc, dec, nil
}

func newEncoder(name string, rate int) (media.Encoder, error) {
	switch name {
	case NamePCMA:
		return g711.NewEncoder(g711.ALaw), nil
	case NamePCMU:
		return g711.NewEncoder(g711.MuLaw), nil
	case NameG722:
		return g722.NewEncoder(), nil
	}
	return opus.NewEncoder(rate)
}

func newDecoder(name string, rate int) (media.Decoder, error) {
	switch name {
	case NamePCMA:
		return g711.NewDecoder(g711.ALaw)
	case NamePCMU:
		return g711.NewDecoder(g711.MuLaw)
	case NameG722:
		return g722.NewDecoder()
	}
	return opus.NewDecoder(rate)
}
