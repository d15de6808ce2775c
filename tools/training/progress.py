"""What is shown of a training while it runs: its losses, and when it will end."""

import math

from pylayers.command_line.progress_bar import progress_bar
from pylayers.command_line.standard_streams import show
from tools.caffe_run.caffe_log import Event
from tools.training.forecast import Forecast, end_text, forecast_text


class Progress:
    """A bar on a terminal, a line per validation elsewhere, nothing when quiet.

    Either says once when the training will end, as soon as its pace is known, and then goes by it.
    start: iteration that is gone on from. advice: what to do where the end is days away.
    """

    def __init__(self, max_iter: int, quiet: bool, start: int, advice: str) -> None:
        self.max_iter, self.quiet, self.advice = max_iter, quiet, advice
        self.bar = progress_bar(name=None, unit="it", quiet=quiet, total=max_iter, start=start)
        self.train_loss = self.val_loss = math.nan
        self.forecast = Forecast(max_iter)
        self.has_forecast = False

    def show(self, event: Event, is_best: bool) -> None:
        """Show an event."""
        self.forecast.reached(event.iteration)
        if event.kind == "trained":
            self.train_loss = event.loss
        elif event.kind == "validated":
            self.val_loss = event.loss
            mark = "  best so far" if is_best else ""
            where = f"iteration {event.iteration}/{self.max_iter}"
            self._line("  ".join([where, *self.losses(), *self.end()]) + mark)
        if not self.has_forecast and (text := forecast_text(self.forecast, self.advice)):
            self.has_forecast = True
            self._line(text) if self.bar.disable else self.bar.write(text)
        self.bar.set_postfix_str(", ".join([*self.losses(), *self.end()]), refresh=False)
        self.bar.update(max(0, event.iteration - self.bar.n))

    def _line(self, text: str) -> None:
        """Print a line where there is no bar."""
        if self.bar.disable and not self.quiet:
            show(text)

    def losses(self) -> list[str]:
        """Return the losses that are known, each with its name."""
        known = (("loss", self.train_loss), ("validation", self.val_loss))
        return [f"{name} {loss:.4g}" for name, loss in known if not math.isnan(loss)]

    def end(self) -> list[str]:
        """Return when the training will end, once that has been said."""
        left = self.forecast.left_s()
        return [f"ends {end_text(left)}"] if self.has_forecast and left else []

    def close(self) -> None:
        """End the bar."""
        self.bar.close()
