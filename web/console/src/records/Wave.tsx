import { useEffect, useRef } from "react";
import type { Mark } from "../api/types";
import { clock } from "../parts/time";
import { useText } from "../text";

const height = 56;

interface Props {
  label: string;
  colour: string;
  peaks: number[]; // 0…1
  marks: Mark[];
  at: number;
  length: number;
  seek: (ms: number) => void;
}

// Wave draws one channel with a mark where each turn begins. Arrow keys move five seconds.
export function Wave({ label, colour, peaks, marks, at, length, seek }: Props) {
  const t = useText();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = () => {
      const c = canvas.current;
      const pen = c?.getContext("2d");
      if (!c || !pen) return;
      const width = c.clientWidth;
      c.width = width * devicePixelRatio;
      c.height = height * devicePixelRatio;
      pen.scale(devicePixelRatio, devicePixelRatio);
      pen.fillStyle = colour;
      const step = width / Math.max(1, peaks.length);
      peaks.forEach((peak, i) => {
        const h = Math.max(1, peak * (height - 6));
        pen.fillRect(i * step, (height - h) / 2, Math.max(0.6, step * 0.8), h);
      });
    };
    draw();
    addEventListener("resize", draw);
    return () => removeEventListener("resize", draw);
  }, [peaks, colour]);
  const share = (ms: number) => `${(100 * Math.min(ms, length)) / Math.max(1, length)}%`;
  return (
    <div className="wave">
      <span className="wave-label">{label}</span>
      <div
        className="wave-box"
        role="slider"
        tabIndex={0}
        aria-label={t("replay.wave", { channel: label })}
        aria-valuemin={0}
        aria-valuemax={Math.round(length / 1000)}
        aria-valuenow={Math.round(at / 1000)}
        aria-valuetext={clock(at)}
        onClick={(e) => {
          const box = e.currentTarget.getBoundingClientRect();
          seek(((e.clientX - box.left) / box.width) * length);
        }}
        onKeyDown={(e) => {
          const move = e.key === "ArrowRight" ? 5000 : e.key === "ArrowLeft" ? -5000 : 0;
          if (!move) return;
          e.preventDefault();
          seek(Math.min(length, Math.max(0, at + move)));
        }}
      >
        <canvas ref={canvas} />
        {marks.map((mark) => (
          <i key={mark.event} className="wave-mark" style={{ left: share(mark.at_ms), borderColor: colour }} title={`${clock(mark.at_ms)} ${mark.text}`} />
        ))}
        <i className="wave-now" style={{ left: share(at) }} />
      </div>
    </div>
  );
}
