using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Hosting;

/// <summary>
/// A clock that stands still until a test moves it, for this process and for programs that it starts: libfaketime has their time of day come from a file.
/// Their monotonic clock runs on. Needs faketime.
/// </summary>
public sealed class FrozenClock : IDisposable
{
    private readonly TempFolder _folder = new();

    public FrozenClock() => Write();

    /// <summary>The same clock in this process.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <param name="time">Whole seconds: the file has no smaller unit.</param>
    public void Advance(TimeSpan time)
    {
        Time.Advance(time);
        Write();
    }

    /// <summary>Gives this clock to a program that is about to be started.</summary>
    public void ApplyTo(ProcessStartInfo start)
    {
        // libfaketime can't stand a malloc that asks for the time, as the one of redis-server does: libc's own comes before it.
        start.Environment["LD_PRELOAD"] = Library() + " libc.so.6";
        start.Environment["FAKETIME_TIMESTAMP_FILE"] = _folder.File("time");
        start.Environment["FAKETIME_NO_CACHE"] = "1";
        start.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        start.Environment["TZ"] = "UTC";
    }

    public void Dispose() => _folder.Dispose();

    private static string Library()
    {
        using var faketime = Process.Start(new ProcessStartInfo("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"]) { RedirectStandardOutput = true })!;
        return faketime.StandardOutput.ReadToEnd().Trim();
    }

    // A reader finds the old file or the new one, never half of one.
    private void Write()
    {
        File.WriteAllText(_folder.File("next"), Time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        File.Move(_folder.File("next"), _folder.File("time"), overwrite: true);
    }
}
