using System.Diagnostics.Metrics;
using Goterra.Api.Http;
using Goterra.Core.Model;
using Goterra.Core.Waiting;

namespace Goterra.Api.Monitoring;

/// <summary>
/// Publishes what this instance has in use, next to the limits. Read only when metrics are collected.
/// </summary>
internal sealed class InstanceMetrics
{
    private const string DescriptorFolder = "/proc/self/fd";

    private readonly Meter _meter;

    public InstanceMetrics(
        IMeterFactory factory, ChangeHub hub, WaitRegistry waits, UploadMemory uploads, Limits limits)
    {
        _meter = factory.Create("Goterra");
        Gauge("goterra.waits.open", "{request}", "Requests that wait now.", () => waits.Count);
        Gauge(
            "goterra.watches.open", "{request}", "Waiting requests and event streams now (limits.waits).",
            () => hub.Waits);
        Gauge("goterra.watches.limit", "{request}", "The value of limits.waits.", () => limits.Waits);
        Gauge("goterra.uploads.reserved", "By", "Memory of the request bodies that are being received.",
            () => uploads.ReservedBytes);
        Gauge("goterra.uploads.limit", "By", "The value of limits.upload_bytes.", () => limits.UploadBytes);
        if (Directory.Exists(DescriptorFolder))
        {
            Gauge("goterra.process.open_files", "{file}", "Open files and connections of the process.",
                () => Directory.EnumerateFileSystemEntries(DescriptorFolder).Count());
        }
    }

    /// <summary>Publishes the limit of open files.</summary>
    public void ObserveOpenFiles(int limit) => Gauge(
        "goterra.process.open_files.limit", "{file}", "How many the process may have open (LimitNOFILE).", () => limit);

    /// <summary>Publishes when the certificate expires.</summary>
    public void ObserveCertificate(Func<DateTimeOffset> notAfter) => Gauge(
        "goterra.certificate.not_after", "s", "When the TLS certificate expires, in seconds since 1970.",
        () => notAfter().ToUnixTimeSeconds());

    /// <summary>Publishes how many entries of the audit log were lost.</summary>
    public void ObserveAudit(Func<long> lost) => _meter.CreateObservableCounter(
        "goterra.audit.lost", lost, "{entry}", "Entries of the audit log that could not be written for too long.");

    private void Gauge(string name, string unit, string description, Func<long> read) =>
        _meter.CreateObservableGauge(name, read, unit, description);
}
