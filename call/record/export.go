package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// Concat joins the segments in the folder of a recording into one plain stereo WAV file at dest,
// for people to listen to, with silence where sound is missing. sealer nil means plain segments.
func Concat(dir, dest string, sealer Sealer) error {
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
	if err := errors.Join(writeSegments(out, dir, m, sealer), out.Close()); err != nil {
		return fmt.Errorf("export recording: %w", err)
	}
	return nil
}

func writeSegments(out io.WriteSeeker, dir string, m Manifest, sealer Sealer) error {
	w, err := wav.NewWriter(out, media.Format{Rate: m.Rate, Channels: channels})
	if err != nil {
		return err
	}
	at := int64(0)
	for _, s := range m.Segments {
		if s.Start < at {
			return hotline.Errorf("export recording", hotline.CodeInvalid, "segment %s begins at sample %d, before %d", s.File, s.Start, at)
		}
		if err := writeSilence(w, s.Start-at); err != nil {
			return err
		}
		n, err := copySegment(w, filepath.Join(dir, s.File), sealer)
		if err != nil {
			return fmt.Errorf("segment %s: %w", s.File, err)
		}
		at = s.Start + n
	}
	return w.Close()
}

// pieceSize is how many samples of one channel are copied at a time.
const pieceSize = 8192

func writeSilence(w *wav.Writer, samples int64) error {
	silence := make([]int16, pieceSize*channels)
	for samples > 0 {
		n := min(samples, pieceSize)
		if err := w.Write(silence[:n*channels]); err != nil {
			return err
		}
		samples -= n
	}
	return nil
}

// copySegment writes the sound of a segment and returns its samples of one channel.
func copySegment(w *wav.Writer, path string, sealer Sealer) (samples int64, err error) {
	f, err := sealer.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := wav.NewReader(f)
	if err != nil {
		return 0, err
	}
	pcm := make([]int16, pieceSize*channels)
	for {
		n, err := r.Read(pcm)
		if errors.Is(err, io.EOF) {
			return samples, nil
		}
		if err != nil {
			return samples, err
		}
		if err := w.Write(pcm[:n]); err != nil {
			return samples, err
		}
		samples += int64(n / channels)
	}
}
