package rtp

import (
	"encoding/binary"
	"errors"
	"time"
)

// Packet types of RFC 3550 section 12.1.
const (
	typeSenderReport   = 200
	typeReceiverReport = 201
	typeSourceText     = 202
	typeBye            = 203

	rtcpHeader  = 4
	senderInfo  = 20
	blockLength = 24
	itemCNAME   = 1
)

// ntpEpoch is 1900 in Unix seconds.
const ntpEpoch = -2208988800

var errReport = errors.New("not an RTCP packet")

// ntp returns a time in the 32.32 bits of NTP.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()-ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// middle returns the 16.16 bits of an NTP time that reports echo.
func middle(t uint64) uint32 { return uint32(t >> 16) }

// unitsOfNTP turns 1/65536 s into a time.
func unitsOfNTP(n uint32) time.Duration { return time.Duration(n) * time.Second >> 16 }

// sending is the sender part of a report.
type sending struct {
	ntp             uint64
	timestamp       uint32
	packets, octets uint32
}

// block is what a report tells about one stream received.
type block struct {
	ssrc     uint32
	fraction uint8
	lost     int64
	highest  uint32
	jitter   uint32
	last     uint32 // middle of the NTP time of the sender's last report, 0 for none
	since    uint32 // time since then in 1/65536 s
}

// appendReport appends a sender or receiver report. s is nil for the latter, b when nothing is
// received.
func appendReport(dst []byte, ssrc uint32, s *sending, b *block) []byte {
	kind, words := byte(typeReceiverReport), 1
	if s != nil {
		kind, words = typeSenderReport, words+senderInfo/4
	}
	count := byte(0)
	if b != nil {
		count, words = 1, words+blockLength/4
	}
	dst = append(dst, 0x80|count, kind, 0, byte(words))
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	if s != nil {
		dst = binary.BigEndian.AppendUint64(dst, s.ntp)
		dst = binary.BigEndian.AppendUint32(dst, s.timestamp)
		dst = binary.BigEndian.AppendUint32(dst, s.packets)
		dst = binary.BigEndian.AppendUint32(dst, s.octets)
	}
	if b != nil {
		lost := uint32(max(-1<<23, min(b.lost, 1<<23-1))) & 0xffffff
		dst = binary.BigEndian.AppendUint32(dst, b.ssrc)
		dst = binary.BigEndian.AppendUint32(dst, uint32(b.fraction)<<24|lost)
		dst = binary.BigEndian.AppendUint32(dst, b.highest)
		dst = binary.BigEndian.AppendUint32(dst, b.jitter)
		dst = binary.BigEndian.AppendUint32(dst, b.last)
		dst = binary.BigEndian.AppendUint32(dst, b.since)
	}
	return dst
}

// appendName appends a source description with our CNAME, which is 1…255 bytes long.
func appendName(dst []byte, ssrc uint32, name string) []byte {
	size := 4 + 2 + len(name)
	padding := 4 - size%4 // at least the byte that ends the items
	dst = append(dst, 0x81, typeSourceText, 0, byte((size+padding)/4))
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	dst = append(dst, itemCNAME, byte(len(name)))
	dst = append(dst, name...)
	return append(dst, 0, 0, 0, 0)[:len(dst)+padding]
}

// appendBye appends a goodbye.
func appendBye(dst []byte, ssrc uint32) []byte {
	dst = append(dst, 0x81, typeBye, 0, 1)
	return binary.BigEndian.AppendUint32(dst, ssrc)
}

// feedback is what we use of the peer's reports.
type feedback struct {
	ssrc     uint32 // of the peer
	reported bool   // ntp is set
	ntp      uint32 // middle of the sender's NTP time
	about    *block // what the peer says about our stream, nil for nothing
	bye      bool
}

// parseFeedback reads a compound packet, or the single ones of RFC 5506. ours is the stream whose
// reception is wanted; the peer's words about it go to about.
func parseFeedback(b []byte, ours uint32, about *block) (feedback, error) {
	var f feedback
	if len(b) < 2*4 {
		return f, errReport
	}
	f.ssrc = binary.BigEndian.Uint32(b[4:])
	for len(b) > 0 {
		if len(b) < rtcpHeader || b[0]>>6 != 2 {
			return f, errReport
		}
		size := rtcpHeader + 4*int(binary.BigEndian.Uint16(b[2:]))
		if size > len(b) {
			return f, errReport
		}
		count, kind, body := int(b[0]&0x1f), b[1], b[rtcpHeader:size]
		b = b[size:]
		switch kind {
		case typeSenderReport:
			if len(body) < 4+senderInfo {
				return f, errReport
			}
			f.reported, f.ntp = true, middle(binary.BigEndian.Uint64(body[4:]))
			f.findBlock(body[4+senderInfo:], count, ours, about)
		case typeReceiverReport:
			if len(body) < 4 {
				return f, errReport
			}
			f.findBlock(body[4:], count, ours, about)
		case typeBye:
			f.bye = true
		}
	}
	return f, nil
}

func (f *feedback) findBlock(blocks []byte, count int, ours uint32, about *block) {
	for ; count > 0 && len(blocks) >= blockLength; count-- {
		if binary.BigEndian.Uint32(blocks) == ours {
			loss := binary.BigEndian.Uint32(blocks[4:])
			*about = block{
				ssrc:     ours,
				fraction: uint8(loss >> 24),
				lost:     int64(int32(loss<<8) >> 8),
				highest:  binary.BigEndian.Uint32(blocks[8:]),
				jitter:   binary.BigEndian.Uint32(blocks[12:]),
				last:     binary.BigEndian.Uint32(blocks[16:]),
				since:    binary.BigEndian.Uint32(blocks[20:]),
			}
			f.about = about
		}
		blocks = blocks[blockLength:]
	}
}

// roundTrip returns the time a packet takes to the peer and back, from a report that arrived at
// now (RFC 3550 section 6.4.1).
func (b *block) roundTrip(now time.Time) (time.Duration, bool) {
	if b.last == 0 {
		return 0, false
	}
	const longest = 10 * time.Second
	trip := unitsOfNTP(middle(ntp(now)) - b.last - b.since)
	return trip, trip <= longest
}
