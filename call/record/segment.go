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

// frameSize is the bytes of one sample of all channels.
func frameSize(channels int) int64 { return 2 * int64(channels) }

// segment is one WAV file being written. Its header is right whenever flush has returned, so the
// file can be played at any time.
type segment struct {
	file   File
	format media.Format
	size   int64 // bytes of sound that are certainly in the file
}

// createSegment makes the file with an empty header.
func createSegment(s Sealer, path string, format media.Format) (*segment, error) {
	f, err := s.Create(path)
	if err != nil {
		return nil, err
	}
	g := &segment{file: f, format: format}
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
	_, err := g.file.Write(header(g.format, g.size))
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
func (g *segment) samples() int64 { return g.size / frameSize(g.format.Channels) }

// header returns the WAV header for size bytes of sound.
func header(format media.Format, size int64) []byte {
	return wav.AppendHeader(nil, format, uint32(size))
}

// errNotASegment says that a file was not written by this package.
var errNotASegment = errors.New("not a recorded segment")

// formatOf reads the format from the start of a segment. The sizes in it are not looked at: they may
// be older than the sound behind them.
func formatOf(head []byte) (media.Format, error) {
	if len(head) < wav.HeaderSize {
		return media.Format{}, fmt.Errorf("%w: %d bytes", errNotASegment, len(head))
	}
	f := media.Format{
		Rate:     int(binary.LittleEndian.Uint32(head[24:])),
		Channels: int(binary.LittleEndian.Uint16(head[22:])),
	}
	want := header(f, 0)
	for _, part := range [][2]int{{0, 4}, {8, 40}} {
		if !bytes.Equal(head[part[0]:part[1]], want[part[0]:part[1]]) {
			return media.Format{}, fmt.Errorf("%w: foreign header", errNotASegment)
		}
	}
	if f.Rate < 8000 || f.Rate > 48000 || f.Channels < 2 || f.Channels > MaxChannels {
		return media.Format{}, fmt.Errorf("%w: %v", errNotASegment, f)
	}
	return f, nil
}

// mendSegment makes the header of a segment agree with its length, dropping part of a sample at the
// end, and returns its format and length in samples.
func mendSegment(s Sealer, path string) (format media.Format, samples int64, err error) {
	f, err := s.Open(path)
	if err != nil {
		return media.Format{}, 0, err
	}
	head := make([]byte, wav.HeaderSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		_ = f.Close()
		return media.Format{}, 0, err
	}
	format, err = formatOf(head[:n])
	if err != nil {
		_ = f.Close()
		return media.Format{}, 0, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		_ = f.Close()
		return media.Format{}, 0, err
	}
	whole := frameSize(format.Channels)
	g := &segment{file: f, format: format, size: (end - wav.HeaderSize) / whole * whole}
	return format, g.samples(), g.giveUp()
}
