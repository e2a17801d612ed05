package playback

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// Reader is a recording as one WAV file of one channel, 16 bits. It holds one segment open and a block
// of it in memory. Not safe for concurrent use.
type Reader struct {
	sound *sound
	head  []byte
	size  int64
	at    int64
	pcm   []int16
	raw   []byte
}

var _ io.ReadSeekCloser = (*Reader)(nil)

// block is how many samples of one channel are read at a time.
const block = 8192

// Reader returns the sound of a channel, or of Mix. The caller closes it.
func (r *Recording) Reader(channel int) *Reader {
	data := r.Samples * sampleSize
	return &Reader{
		sound: &sound{recording: r, channel: channel}, size: wav.HeaderSize + data,
		head: wav.AppendHeader(nil, media.Mono(r.Rate), uint32(data)), pcm: make([]int16, block),
	}
}

// Size is the length of the file in bytes.
func (r *Reader) Size() int64 { return r.size }

// Seek implements io.Seeker. Nothing is read by it.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return r.at, errors.New("seek before the start of the recording")
	}
	r.at = offset
	return r.at, nil
}

// Read implements io.Reader.
func (r *Reader) Read(b []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if r.at < wav.HeaderSize {
		n := copy(b, r.head[r.at:])
		r.at += int64(n)
		return n, nil
	}
	from := r.at - wav.HeaderSize
	first, skip := from/sampleSize, int(from%sampleSize)
	n, err := r.sound.readAt(r.pcm[:min(block, len(b)/sampleSize+1)], first)
	if err != nil {
		return 0, err
	}
	r.raw = r.raw[:0]
	for _, x := range r.pcm[:n] {
		r.raw = binary.LittleEndian.AppendUint16(r.raw, uint16(x))
	}
	done := copy(b, r.raw[skip:])
	r.at += int64(done)
	return done, nil
}

// Close closes the segment that is open.
func (r *Reader) Close() error { return r.sound.close() }

// sound reads samples of one channel, or of all mixed, from any place. What no segment holds is silence.
type sound struct {
	recording *Recording
	channel   int
	file      record.File
	opened    int // place of the open segment in recording.parts
	raw       []byte
}

// readAt fills some of dst, at least one sample, with the sound from a place on.
func (s *sound) readAt(dst []int16, at int64) (int, error) {
	p, raw, n, err := s.framesAt(len(dst), at)
	if err != nil {
		return 0, err
	}
	if raw == nil {
		clear(dst[:n])
		return n, nil
	}
	for i := range dst[:n] {
		dst[i] = s.pick(p, raw[i*p.frame():])
	}
	return n, nil
}

// framesAt returns at most n samples of all channels of a segment from a place on; raw is nil where no segment is.
func (s *sound) framesAt(n int, at int64) (p part, raw []byte, got int, err error) {
	for i, p := range s.recording.parts {
		if at >= p.start+p.samples {
			continue
		}
		if at < p.start {
			return p, nil, int(min(int64(n), p.start-at)), nil
		}
		got = int(min(int64(n), p.start+p.samples-at))
		raw, err = s.segment(i, at-p.start, got)
		if err != nil {
			return p, nil, 0, fmt.Errorf("read segment %s: %w", p.file, err)
		}
		return p, raw, got, nil
	}
	return p, nil, 0, io.ErrUnexpectedEOF
}

// segment reads n samples of all channels from a place in a segment on.
func (s *sound) segment(part int, at int64, n int) ([]byte, error) {
	if err := s.open(part); err != nil {
		return nil, err
	}
	frame := s.recording.parts[part].frame()
	want := n * frame
	if cap(s.raw) < want {
		s.raw = make([]byte, want)
	}
	if _, err := s.file.Seek(wav.HeaderSize+at*int64(frame), io.SeekStart); err != nil {
		return nil, err
	}
	_, err := io.ReadFull(s.file, s.raw[:want])
	return s.raw[:want], err
}

// open opens a segment unless it is open.
func (s *sound) open(part int) error {
	if s.file != nil && s.opened == part {
		return nil
	}
	if err := s.close(); err != nil {
		return err
	}
	f, err := s.recording.sealer.Open(filepath.Join(s.recording.dir, s.recording.parts[part].file))
	if err != nil {
		return err
	}
	s.file, s.opened = f, part
	return nil
}

func (s *sound) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// pick returns the channel of a sample, or the sum of all, which stops at the loudest there is.
func (s *sound) pick(p part, frame []byte) int16 {
	if s.channel != Mix {
		return sampleOf(frame, p.lies[s.channel])
	}
	sum := 0
	for c := range p.width {
		sum += int(sampleOf(frame, c))
	}
	return int16(min(max(sum, math.MinInt16), math.MaxInt16))
}

// sampleOf returns a channel of a sample, silence for one that is not there.
func sampleOf(frame []byte, channel int) int16 {
	if channel < 0 {
		return 0
	}
	return int16(binary.LittleEndian.Uint16(frame[channel*sampleSize:]))
}
