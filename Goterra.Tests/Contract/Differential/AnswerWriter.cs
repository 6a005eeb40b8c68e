using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// Normalises the answers of one store to text that is equal in both stores: ids by order of creation, marks of tags by
/// order of appearance, times relative to the start of the sequence.
/// </summary>
internal sealed class AnswerWriter
{
    private readonly JsonSerializerOptions _options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly List<string> _marks = [];
    private StoreSession? _session;

    public AnswerWriter()
    {
        _options.Converters.Add(new JsonStringEnumConverter());
        As<DeploymentId>(id => $"#{_session!.Names.OrdinalOf(id)}");
        As<EntityTag>(tag => string.Create(CultureInfo.InvariantCulture, $"{tag.Revision}.m{OrdinalOf(tag.Nonce)}"));
        As<DateTimeOffset>(instant => Text(instant - _session!.Start));
        As<TimeSpan>(Text);
        As<ReadOnlyMemory<byte>>(bytes => Encoding.Latin1.GetString(bytes.Span));
        As<NamespaceName>(name => name.Text);
        As<KeyPrefix>(prefix => prefix.Text);
        As<Owner>(owner => owner.Uid);
        As<Scope>(Text);
        As<string>(text => _session!.NameOfEpoch(text) ?? text);
    }

    /// <summary>
    /// Starts a new sequence. The writer is reused because the metadata of a serializer is expensive.
    /// </summary>
    public void Begin(StoreSession session)
    {
        _session = session;
        _marks.Clear();
    }

    public string Write(object? answer) =>
        JsonSerializer.Serialize(answer, answer?.GetType() ?? typeof(object), _options);

    private static string Text(TimeSpan span) => span.ToString("g", CultureInfo.InvariantCulture);

    private static string Text(Scope scope) => scope is NarrowScope narrow
        ? $"read {string.Join(' ', narrow.Read)} write {string.Join(' ', narrow.Write)} fail {narrow.MayFail}"
        : "full";

    private int OrdinalOf(string mark)
    {
        if (!_marks.Contains(mark))
            _marks.Add(mark);
        return _marks.IndexOf(mark);
    }

    private void As<T>(Func<T, string> text) => _options.Converters.Add(new TextConverter<T>(text));

    private sealed class TextConverter<T>(Func<T, string> text) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(text(value));
    }
}
