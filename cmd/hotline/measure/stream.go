package measure

import "time"

// Stream sums up how the packets of one RTP stream arrive. Every packet stands for one interval.
type Stream struct {
	Packets   int
	Lost      int   // sequence numbers that never came, those that came late not counted
	Late      int   // packets that came after a later one, or twice
	Skipped   int   // intervals that were left out: the timestamp jumped, the sequence did not
	Deviation Times // how far the time between two successive packets is from the interval

	interval  time.Duration
	units     uint32 // of the timestamp in an interval
	seq       uint16
	timestamp uint32
	at        time.Time
}

// NewStream returns a Stream whose packets are an interval apart and whose clock runs at a rate in Hz.
func NewStream(interval time.Duration, clock int) *Stream {
	return &Stream{interval: interval, units: uint32(interval * time.Duration(clock) / time.Second)}
}

// Add takes a packet in the order of arrival.
func (s *Stream) Add(seq uint16, timestamp uint32, at time.Time) {
	s.Packets++
	if s.Packets == 1 {
		s.seq, s.timestamp, s.at = seq, timestamp, at
		return
	}
	step := int16(seq - s.seq)
	if step <= 0 {
		s.Late++
		if s.Lost > 0 {
			s.Lost--
		}
		return
	}
	s.Lost += int(step) - 1
	if step == 1 {
		if s.units > 0 {
			s.Skipped += max(0, int(int32(timestamp-s.timestamp))/int(s.units)-1)
		}
		s.Deviation = append(s.Deviation, (at.Sub(s.at) - s.interval).Abs())
	}
	s.seq, s.timestamp, s.at = seq, timestamp, at
}
