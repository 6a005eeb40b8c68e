using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Support;

/// <summary>
/// A clock that stands still until the test moves it, for this process and for programs that the test starts:
/// libfaketime reads their time of day from a file. Their monotonic clock keeps running. Needs faketime.
/// </summary>
public sealed class FrozenClock : IDisposable
{
    private readonly TempFolder _folder = new();

    public FrozenClock() => Write();

    /// <summary>The clock of this process.</summary>
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <param name="time">In whole seconds.</param>
    public void Advance(TimeSpan time)
    {
        Time.Advance(time);
        Write();
    }

    /// <summary>Makes a program use this clock.</summary>
    public void ApplyTo(ProcessStartInfo start)
    {
        // The jemalloc of redis-server reads the clock while libfaketime initialises, which recurses without end. The
        // malloc of libc, loaded first, does not.
        start.Environment["LD_PRELOAD"] = Library() + " libc.so.6";
        start.Environment["FAKETIME_TIMESTAMP_FILE"] = _folder.File("time");
        start.Environment["FAKETIME_NO_CACHE"] = "1";
        start.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        start.Environment["TZ"] = "UTC";
    }

    public void Dispose() => _folder.Dispose();

    private static string Library()
    {
        using var faketime = Process.Start(
            new ProcessStartInfo(
                "faketime", ["-f", "+0", "printenv", "LD_PRELOAD"])
            { RedirectStandardOutput = true })!;
        return faketime.StandardOutput.ReadToEnd().Trim();
    }

    // Renamed, so that a reader never sees a partial file.
    private void Write()
    {
        File.WriteAllText(
            _folder.File("next"), Time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        File.Move(_folder.File("next"), _folder.File("time"), overwrite: true);
    }
}
