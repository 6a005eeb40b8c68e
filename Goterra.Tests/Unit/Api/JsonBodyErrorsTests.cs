using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Goterra.Api.Json;

namespace Goterra.Tests.Unit.Api;

[Trait("Category", "Unit")]
public sealed class JsonBodyErrorsTests
{
    // With a message that says nothing: the error is found in the body itself.
    private static readonly JsonException Rejected = new("?", path: null, lineNumber: 0, bytePositionInLine: 1);

    [Theory]
    [InlineData("""{"ttl":5}""", "ttl", "it must be a string")]
    [InlineData("""{"TTL":{"a":1}}""", "ttl", "it must be a string")]
    [InlineData("""{"fail":"yes"}""", "fail", "it must be true or false")]
    [InlineData("""{"read":"a"}""", "read", "it must be a list of strings")]
    [InlineData("""{"read":["a",1]}""", "read[1]", "it must be a string")]
    [InlineData("""{"ttl":"1h","read":["a",null],"write":7}""", "write", "it must be a list of strings")]
    [InlineData("""{"ttl":"1h","Ttl":"2h"}""", "body", "duplicate property 'Ttl'")]
    [InlineData("""{"reads":["a"]}""", "body", "unknown property 'reads'")]
    [InlineData("""{"not a name, perhaps a secret":1}""", "body", "unknown property")]
    [InlineData("""{"ttl":""", "body", "must be a valid JSON object (line 1, byte 1)")]
    [InlineData("[]", "body", "must be a valid JSON object (line 1, byte 1)")]
    [InlineData("", "body", "must be a valid JSON object (line 1, byte 1)")]
    public void Find_RejectedTokenRequest_ReturnsFieldAndError(string body, string field, string error) =>
        Assert.Equal(
            (field, error),
            JsonBodyErrors.Find(Encoding.UTF8.GetBytes(body), RequestContext.Default.TokenRequest, Rejected));

    [Fact]
    public void Find_UnknownPropertyWhereAllowed_IsNoError()
    {
        JsonTypeInfo type = RequestContext.Default.FailRequest;

        Assert.Equal(
            ("reason", "it must be a string"),
            JsonBodyErrors.Find("""{"more":{"a":[1]},"reason":[]}"""u8, type, Rejected));
    }
}
