package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/mix"
	"github.com/hotline-cc/hotline/media/wav"
)

// Concat joins the segments in the folder of a recording into one plain WAV file at dest with one
// channel for every party there ever was, in the order of Manifest.Parties, and silence where sound
// is missing. More than wav.MaxChannels parties do not fit into a file. sealer nil means plain
// segments.
func Concat(dir, dest string, sealer Sealer) error {
	return export(dir, dest, sealer, func(m Manifest) layout {
		parties := m.Parties()
		return layout{len(parties), func(dst, src []int16, names []string) {
			clear(dst)
			for c, name := range names {
				to := slices.Index(parties, name)
				for i := 0; i < len(src)/len(names); i++ {
					dst[i*len(parties)+to] = src[i*len(names)+c]
				}
			}
		}}
	})
}

// MixDown is like Concat for people to listen to: stereo, the caller left and everybody else
// together right.
func MixDown(dir, dest string, sealer Sealer) error {
	return export(dir, dest, sealer, func(Manifest) layout { return layout{2, mixDown} })
}

func mixDown(dst, src []int16, names []string) {
	if len(names) == 2 {
		copy(dst, src)
		return
	}
	for i := 0; i < len(src)/len(names); i++ {
		frame := src[i*len(names) : (i+1)*len(names)]
		others := int32(0)
		for _, s := range frame[1:] {
			others += int32(s)
		}
		dst[2*i], dst[2*i+1] = frame[0], mix.Soften(others)
	}
}

// layout says how the channels of a segment become those of an export.
type layout struct {
	channels int
	arrange  func(dst, src []int16, names []string)
}

func export(dir, dest string, sealer Sealer, choose func(Manifest) layout) error {
	if sealer == nil {
		sealer = Plain{}
	}
	m, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(dest, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("export recording: %w", err)
	}
	l := choose(m)
	w, err := wav.NewWriter(out, media.Format{Rate: m.Rate, Channels: l.channels})
	if err == nil {
		e := exporter{out: w, layout: l, pcm: make([]int16, pieceSize*l.channels)}
		err = errors.Join(e.segments(dir, m, sealer), w.Close())
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("export recording: %w", err)
	}
	return nil
}

// exporter writes the segments of a recording into one file.
type exporter struct {
	out *wav.Writer
	layout
	pcm []int16 // a piece of the export
}

// pieceSize is how many samples of one channel are copied at a time.
const pieceSize = 8192

func (e *exporter) segments(dir string, m Manifest, sealer Sealer) error {
	at := int64(0)
	for _, s := range m.Segments {
		if s.Start < at {
			return hotline.Errorf("export recording", hotline.CodeInvalid, "segment %s begins at sample %d, before %d", s.File, s.Start, at)
		}
		if err := e.silence(s.Start - at); err != nil {
			return err
		}
		n, err := e.segment(filepath.Join(dir, s.File), s.Channels, sealer)
		if err != nil {
			return fmt.Errorf("segment %s: %w", s.File, err)
		}
		at = s.Start + n
	}
	return nil
}

func (e *exporter) silence(samples int64) error {
	clear(e.pcm)
	for samples > 0 {
		n := min(samples, pieceSize)
		if err := e.out.Write(e.pcm[:n*int64(e.channels)]); err != nil {
			return err
		}
		samples -= n
	}
	return nil
}

// segment writes the sound of a segment and returns its samples of one channel.
func (e *exporter) segment(path string, names []string, sealer Sealer) (samples int64, err error) {
	f, err := sealer.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := wav.NewReader(f)
	if err != nil {
		return 0, err
	}
	if got := r.Format().Channels; got != len(names) {
		return 0, hotline.Errorf("export recording", hotline.CodeInvalid, "%d channels, the manifest names %d", got, len(names))
	}
	pcm := make([]int16, pieceSize*len(names))
	for {
		n, err := r.Read(pcm)
		if errors.Is(err, io.EOF) {
			return samples, nil
		}
		if err != nil {
			return samples, err
		}
		n /= len(names)
		part := e.pcm[:n*e.channels]
		e.arrange(part, pcm[:n*len(names)], names)
		if err := e.out.Write(part); err != nil {
			return samples, err
		}
		samples += int64(n)
	}
}
