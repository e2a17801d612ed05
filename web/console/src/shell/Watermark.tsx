import { useEffect, useRef } from "react";
import { moment } from "../parts/time";
import { useSession } from "./session";

const tile = { width: 300, height: 190 };

// Watermark writes who is looking and when over everything, so that a photograph of the screen tells where it was taken.
export function Watermark() {
  const { user } = useSession();
  const layer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const draw = () => {
      const canvas = document.createElement("canvas");
      const scale = devicePixelRatio;
      canvas.width = tile.width * scale;
      canvas.height = tile.height * scale;
      const c = canvas.getContext("2d");
      if (!c || !layer.current) return;
      c.scale(scale, scale);
      c.translate(tile.width / 2, tile.height / 2);
      c.rotate(-0.35);
      c.font = "13px sans-serif";
      c.textAlign = "center";
      c.fillStyle = "rgba(20, 40, 70, 0.09)";
      c.fillText(`${user.name} ${user.login}`, 0, -4);
      c.fillText(moment(new Date().toISOString(), new Date(0)), 0, 14);
      layer.current.style.backgroundImage = `url(${canvas.toDataURL()})`;
      layer.current.style.backgroundSize = `${tile.width}px ${tile.height}px`;
    };
    draw();
    const timer = setInterval(draw, 60_000);
    return () => clearInterval(timer);
  }, [user]);
  return <div ref={layer} className="watermark" aria-hidden="true" />;
}
