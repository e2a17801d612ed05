package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// frameSize is the bytes of one stereo sample.
const frameSize = 2 * channels

// segment is one WAV file being written. Its header is right whenever flush has returned, so the
// file can be played at any time.
type segment struct {
	file File
	rate int
	size int64 // bytes of sound that are certainly in the file
}

// createSegment makes the file with an empty header.
func createSegment(s Sealer, path string, rate int) (*segment, error) {
	f, err := s.Create(path)
	if err != nil {
		return nil, err
	}
	g := &segment{file: f, rate: rate}
	if err := g.flush(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return g, nil
}

// append adds sound. After an error the file must be closed with giveUp.
func (g *segment) append(raw []byte) error {
	if _, err := g.file.Seek(wav.HeaderSize+g.size, io.SeekStart); err != nil {
		return err
	}
	if _, err := g.file.Write(raw); err != nil {
		return err
	}
	g.size += int64(len(raw))
	return nil
}

// flush makes the header tell the present size.
func (g *segment) flush() error {
	if _, err := g.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := g.file.Write(header(g.rate, g.size))
	return err
}

// close leaves a whole file on disk.
func (g *segment) close() error {
	return errors.Join(g.flush(), g.file.Sync(), g.file.Close())
}

// giveUp closes the file after a failed append, cut to what is certainly there.
func (g *segment) giveUp() error {
	return errors.Join(g.file.Truncate(wav.HeaderSize+g.size), g.close())
}

// samples is the length of the segment so far.
func (g *segment) samples() int64 { return g.size / frameSize }

// header returns the WAV header for size bytes of sound.
func header(rate int, size int64) []byte {
	return wav.AppendHeader(nil, media.Format{Rate: rate, Channels: channels}, uint32(size))
}

// errNotASegment says that a file was not written by this package.
var errNotASegment = errors.New("not a recorded segment")

// rateOf reads the rate from the start of a segment. The sizes in it are not looked at: they may be
// older than the sound behind them.
func rateOf(head []byte) (int, error) {
	if len(head) < wav.HeaderSize {
		return 0, fmt.Errorf("%w: %d bytes", errNotASegment, len(head))
	}
	rate := int(binary.LittleEndian.Uint32(head[24:]))
	want := header(rate, 0)
	for _, part := range [][2]int{{0, 4}, {8, 40}} {
		if !bytes.Equal(head[part[0]:part[1]], want[part[0]:part[1]]) {
			return 0, fmt.Errorf("%w: foreign header", errNotASegment)
		}
	}
	if rate < 8000 || rate > 48000 {
		return 0, fmt.Errorf("%w: rate %d Hz", errNotASegment, rate)
	}
	return rate, nil
}

// mendSegment makes the header of a segment agree with its length, dropping half a sample at the
// end, and returns its rate and length in samples.
func mendSegment(s Sealer, path string) (rate int, samples int64, err error) {
	f, err := s.Open(path)
	if err != nil {
		return 0, 0, err
	}
	head := make([]byte, wav.HeaderSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		_ = f.Close()
		return 0, 0, err
	}
	rate, err = rateOf(head[:n])
	if err != nil {
		_ = f.Close()
		return 0, 0, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		_ = f.Close()
		return 0, 0, err
	}
	g := &segment{file: f, rate: rate, size: (end - wav.HeaderSize) / frameSize * frameSize}
	return rate, g.samples(), g.giveUp()
}
